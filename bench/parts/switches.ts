import { utils } from 'ssh2';
import { startJunosSwitch, type JunosSwitch } from '../../lab/junos';
import type { SwitchWorld } from '../../lab/scenarios/scenario';
import { DelayLine } from '../delayLine';
import { serve } from './serve';

/** Where a simulated switch is reached, and how it proves what it is. */
export interface ReachedSwitch {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly hostKeyFingerprint: string;
}

/** How long their commits take. */
export interface CommitTimes {
  readonly commitMs: number;
  readonly checkMs: number;
}

/** All simulated switches, each behind a line of some length. */
export interface SwitchesPart {
  start(switches: readonly SwitchWorld[], times: CommitTimes): Promise<readonly ReachedSwitch[]>;
  /** Milliseconds there and back, from now on. */
  delay(rttMs: number): Promise<void>;
  takeTimes(times: CommitTimes): Promise<void>;
  /** Commits so far, of all or of one. */
  commits(id?: number): Promise<number>;
  /** Bytes that the switches said so far. */
  bytes(): Promise<number>;
  /** Resolves when a switch has begun the next commit. */
  committing(id: number): Promise<void>;
  /** Lines of a switch's committed configuration that contain a text. */
  lines(id: number, containing: string): Promise<number>;
}

const switches = new Map<number, { readonly simulated: JunosSwitch; readonly line: DelayLine }>();

const all = (): readonly { readonly simulated: JunosSwitch; readonly line: DelayLine }[] => [...switches.values()];

function one(id: number): JunosSwitch {
  const found = switches.get(id);
  if (found === undefined) throw new Error(`there is no switch ${id}`);
  return found.simulated;
}

serve<SwitchesPart>({
  async start(worlds, times) {
    // Making a key takes computing, and ssh2 now and then makes an ed25519 key that it cannot read.
    const hostKey = utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
    const reached: ReachedSwitch[] = [];
    for (const { id, ...world } of worlds) {
      const simulated = await startJunosSwitch({ ...world, ...times, hostKey });
      const line = await DelayLine.before(simulated.port, 0);
      switches.set(id, { simulated, line });
      reached.push({ id, host: simulated.host, port: line.port, hostKeyFingerprint: simulated.hostKeyFingerprint });
    }
    return reached;
  },
  delay(rttMs) {
    for (const { line } of all()) line.rttMs = rttMs;
    return Promise.resolve();
  },
  takeTimes({ commitMs, checkMs }) {
    for (const { simulated } of all()) Object.assign(simulated.faults, { commitMs, checkMs });
    return Promise.resolve();
  },
  commits(id) {
    const asked = id === undefined ? all().map(({ simulated }) => simulated) : [one(id)];
    return Promise.resolve(asked.reduce((total, simulated) => total + simulated.commits().length, 0));
  },
  bytes: () => Promise.resolve(all().reduce((total, { line }) => total + line.received, 0)),
  committing: (id) =>
    new Promise((resolve) => {
      const { events } = one(id);
      const heard = ({ operation, xml }: { readonly operation: string; readonly xml: string }): void => {
        if (operation !== 'commit-configuration' || !xml.includes('<log>')) return;
        events.off('rpc', heard);
        resolve();
      };
      events.on('rpc', heard);
    }),
  lines: (id, containing) =>
    Promise.resolve(
      one(id)
        .committedSet()
        .filter((line) => line.includes(containing)).length,
    ),
});
