import { junosSeconds, junosTime } from './clock';
import type { SwitchCore } from './core';

/**
 * The reply to `<get-system-uptime-information>`. Recorded: Junos 18.3R3 and 23.2R1 (public test data); EX switches answer
 * per member, also when there is one (recorded of a QFX virtual chassis 23.4).
 */
export function uptimeXml(core: SwitchCore): string {
  const { database, profile, faults } = core;
  const now = database.settings.clock.now();
  const { bootedAt } = database.settings.clock;
  const at = (when: Date): string =>
    `<date-time junos:seconds="${junosSeconds(when)}">${junosTime(when)}</date-time>\n`;
  const age = Math.max(0, Math.floor((now.getTime() - bootedAt.getTime()) / 1000));
  const information = [
    '<system-uptime-information>\n',
    `<current-time>\n${at(now)}</current-time>\n`,
    '<time-source>\n LOCAL CLOCK \n</time-source>\n',
    `<system-booted-time>\n${at(bootedAt)}<time-length junos:seconds="${String(age)}">${length(age)}</time-length>\n</system-booted-time>\n`,
    `<last-configured-time>\n${at(database.log.latest?.shownAt ?? bootedAt)}<user>${database.log.latest?.user ?? 'root'}</user>\n</last-configured-time>\n`,
    '</system-uptime-information>\n',
  ].join('');
  const items = profile.members.map((member) => {
    const body =
      member === faults.memberUnreachable
        ? `<output>\nCould not connect to ${member} : No route to host\n</output>\n`
        : information;
    return `<multi-routing-engine-item>\n<re-name>${member}</re-name>\n${body}</multi-routing-engine-item>\n`;
  });
  return `<multi-routing-engine-results>\n${items.join('')}</multi-routing-engine-results>\n`;
}

/** `show system uptime`, the first lines of it. */
export function uptimeText({ database }: SwitchCore): string {
  const { clock } = database.settings;
  return `Current time: ${junosTime(clock.now())}\nTime Source:  LOCAL CLOCK\nSystem booted: ${junosTime(clock.bootedAt)}\n`;
}

function length(seconds: number): string {
  return `${String(Math.floor(seconds / 3600)).padStart(2, '0')}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}`;
}
