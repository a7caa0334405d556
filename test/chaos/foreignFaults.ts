import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults';
import type { Random } from './random';
import type { SwitchWatch } from './switchWatch';

const TRIES = 20;
const PAUSE_MS = 300;

/** Somebody else takes the lock, edits for a while, or commits something unrelated. They try a few times when portwarden is at it. */
export function foreignFault(random: Random, watch: SwitchWatch, number: number): Fault {
  const kind = random.pick(['lock', 'edits', 'edits', 'commit', 'commit'] as const);
  const text = random.pick([
    `set interfaces ge-0/0/${random.int(10, 23)} description work-${number}`,
    `set vlans guest-${number} vlan-id ${1000 + number}`,
  ]);
  const lines = kind === 'lock' ? [] : [text];
  const commits = kind === 'commit' || random.chance(0.5);
  const steps = kind === 'commit' ? 0 : random.int(1, 4);
  let began = false;
  const begin = async (): Promise<void> => {
    began = await untilDone(() => watch.beginForeignWork(lines, kind === 'lock'));
    if (began && kind === 'commit') watch.endForeignWork(true);
  };
  const end = (): void => {
    if (began && kind !== 'commit') watch.endForeignWork(commits);
  };
  return {
    name: `${watch.name}: somebody else, ${kind}${kind === 'edits' ? (commits ? ' then commit' : ' then rollback') : ''} ${lines.join()}`,
    steps,
    begin,
    end,
  };
}

/** Somebody else commits for a trial, to be confirmed later or not, or schedules a commit for the next reboot. */
export function foreignPromise(random: Random, watch: SwitchWatch, number: number): Fault {
  const line = `set vlans trial-${number} vlan-id ${2000 + number}`;
  const kind = random.pick(['confirmed', 'confirmed', 'scheduled'] as const);
  const confirms = random.chance(0.5);
  let began = false;
  const begin = async (): Promise<void> => {
    began = await untilDone(() =>
      kind === 'scheduled' ? watch.beginScheduledCommit(line) : watch.beginForeignConfirmed(line),
    );
  };
  const end = async (): Promise<void> => {
    if (!began) return;
    if (kind === 'scheduled') watch.endScheduledCommit();
    else await untilDone(() => watch.endForeignConfirmed(confirms));
  };
  return {
    name: `${watch.name}: somebody else, ${kind === 'scheduled' ? 'commit at reboot' : `commit confirmed, ${confirms ? '' : 'not '}confirmed later`}: ${line}`,
    steps: random.int(1, 3),
    begin,
    end,
  };
}

/** They try a few times when portwarden is at it. */
async function untilDone(attempt: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (attempt()) return true;
    await sleep(PAUSE_MS);
  }
  return false;
}
