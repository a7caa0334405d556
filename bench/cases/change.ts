import type { BenchCase } from '../benchCase';
import { ratioAtMost, type Figure } from '../figure';
import type { DevicePart } from '../parts/device';
import { startPart, type Part } from '../parts/part';
import type { ReachedSwitch, SwitchesPart } from '../parts/switches';
import { elsSwitch, nthBinding, portName, type PlainBinding } from '../ports';
import { startPyez, type Pyez } from '../pyez/pyez';

const RTT_MS = 20;

/** A change of one port, on a switch of some size. */
interface Change {
  readonly what: string;
  readonly ports: number;
  readonly bindings: number;
  readonly meant: number;
}

const CHANGES: readonly Change[] = [
  { what: 'one binding on a switch of 24 ports', ports: 24, bindings: 1, meant: 0.5 },
  { what: 'one binding on a switch of 480 ports', ports: 480, bindings: 1, meant: 0.5 },
  { what: '500 bindings on a switch of 24 ports', ports: 24, bindings: 500, meant: 0.5 },
];

interface Run {
  readonly ms: number;
  readonly bytes: number;
}

/** One change of a switch 20 ms away, beside the same one made with Juniper's own library. */
export const change: BenchCase = {
  name: 'change',
  title: `One change of a switch ${RTT_MS} ms away, with backup and read-back, beside PyEZ in one session (the switch itself takes no time)`,
  async measure({ isQuick }) {
    const figures: Figure[] = [];
    for (const one of CHANGES) {
      if (isQuick && one.ports > 100) continue;
      figures.push(
        ...(await measured(isQuick ? { ...one, bindings: Math.min(one.bindings, 50) } : one, isQuick ? 1 : 5)),
      );
    }
    return figures;
  },
};

async function measured({ what, ports, bindings, meant }: Change, runs: number): Promise<Figure[]> {
  // Each run changes ports that had nothing, of both sides.
  const untouched = 2 * (runs + 1);
  const world = elsSwitch(ports, ports - untouched);
  const [switches, device] = await Promise.all([startPart<SwitchesPart>('switches'), startPart<DevicePart>('device')]);
  let pyez: Pyez | undefined;
  try {
    const [reached] = await switches.ask('start', [world], { commitMs: 0, checkMs: 0 });
    if (reached === undefined) throw new Error('the switch did not start');
    await switches.ask('delay', RTT_MS);
    await device.ask('connect', reached, world);
    pyez = await startPyez(world);
    const own: Run[] = [];
    const others: Run[] = [];
    for (let run = 0; run <= runs; run += 1) {
      const first = ports - untouched + 2 * run;
      own.push(await counted(switches, byPass(device, first, bindings)));
      others.push(await counted(switches, byPyez(pyez, reached, first + 1, bindings)));
    }
    // The first ones learn the switch and compile code.
    const [, ...ownRuns] = own;
    const [, ...otherRuns] = others;
    const against = (of: (run: Run) => number) => ({ what: 'PyEZ', values: otherRuns.map(of) });
    return [
      {
        what,
        unit: 'ms',
        values: ownRuns.map(({ ms }) => ms),
        against: against(({ ms }) => ms),
        target: ratioAtMost(meant),
      },
      {
        what: `${what}: said by the switch`,
        unit: 'kB',
        values: ownRuns.map(({ bytes }) => bytes / 1000),
        against: against(({ bytes }) => bytes / 1000),
        ...(ports > 100 ? { target: ratioAtMost(1) } : {}),
      },
    ];
  } finally {
    pyez?.stop();
    await Promise.all([switches.stop(), device.stop()]);
  }
}

async function counted(switches: Part<SwitchesPart>, make: () => Promise<number>): Promise<Run> {
  const before = await switches.ask('bytes');
  const ms = await make();
  return { ms, bytes: (await switches.ask('bytes')) - before };
}

/** Bindings that no other port has. */
function bindingsOf(port: number, count: number): readonly PlainBinding[] {
  return Array.from({ length: count }, (_, n) => nthBinding(10_000 + port * 1_000 + n));
}

function byPass(device: Part<DevicePart>, port: number, count: number): () => Promise<number> {
  return async () =>
    (await device.ask('change', [{ port: `${portName(port)}.0`, bindings: bindingsOf(port, count) }])).ms;
}

function byPyez(pyez: Pyez, reached: ReachedSwitch, port: number, count: number): () => Promise<number> {
  return () => pyez.change(reached, portName(port), bindingsOf(port, count));
}
