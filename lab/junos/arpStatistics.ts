import type { SwitchCore } from './core';

/** What a switch has counted at one interface. */
export interface ArpCounters {
  readonly received: number;
  readonly failed: number;
}

const COLUMNS = ['Interface', 'Packets received', 'ARP inspection pass', 'ARP inspection failed'] as const;
const WIDTHS = [13, 20, 21, 23] as const;

/** The command by which a release shows them; documented for the older one, in use for the newer one. */
export function arpCommand({ profile }: Pick<SwitchCore, 'profile'>): string {
  return profile.dialect === 'els' ? 'show dhcp-security arp inspection statistics' : 'show arp inspection statistics';
}

/** Documented: Junos 9.3 command reference, `show arp inspection statistics`, with its sample output. */
export function arpStatisticsText({ arpInspection }: Pick<SwitchCore, 'arpInspection'>): string {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[index] ?? 0))).join('');
  const lines = [...arpInspection].map(([name, { received, failed }]) =>
    row([`  ${name}`, String(received), String(received - failed), String(failed)]),
  );
  return [row(COLUMNS), row(COLUMNS.map((title) => '-'.repeat(title.length))), ...lines, ''].join('\n');
}
