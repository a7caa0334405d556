import type { BenchCase } from '../benchCase';
import { atMost, once, type Figure } from '../figure';
import type { DevicePart, Taken } from '../parts/device';
import { startPart, type Part } from '../parts/part';
import type { SwitchesPart } from '../parts/switches';
import { elsSwitch, nthBinding, portName, type PlainBinding } from '../ports';
import { exponent } from '../statistics';

const PORTS = 480;
const COUNTS = [1_000, 3_000, 10_000];
const QUICK_COUNTS = [100, 300];
/** So that every binding of every pass is a new one. */
const APART = 100_000;

interface Wanted {
  readonly port: string;
  readonly bindings: readonly PlainBinding[];
}

/** How a pass grows with the bindings that it commits. */
export const bindings: BenchCase = {
  name: 'bindings',
  title: 'A pass that commits very many bindings, on one port and over many',
  async measure({ isQuick }) {
    const counts = isQuick ? QUICK_COUNTS : COUNTS;
    const one = (count: number): readonly Wanted[] => [{ port: `${portName(0)}.0`, bindings: numbered(0, count) }];
    const many = (count: number): readonly Wanted[] =>
      Array.from({ length: PORTS }, (_, n) => ({
        port: `${portName(n)}.0`,
        bindings: numbered(0, count).filter((_binding, index) => index % PORTS === n),
      })).filter((wanted) => wanted.bindings.length > 0);
    return [...(await growth('on one port', counts, one)), ...(await growth(`over ${PORTS} ports`, counts, many))];
  },
};

function numbered(first: number, count: number): readonly PlainBinding[] {
  return Array.from({ length: count }, (_, n) => nthBinding(APART + first + n));
}

async function growth(
  where: string,
  counts: readonly number[],
  wanted: (count: number) => readonly Wanted[],
): Promise<Figure[]> {
  const taken: { readonly count: number; readonly taken: Taken }[] = [];
  for (const count of counts) taken.push({ count, taken: await measured(wanted(count)) });
  return [
    ...taken.map(({ count, taken: { ms } }) => once(`${count} bindings ${where}: the whole pass`, ms, 'ms')),
    ...taken.map(({ count, taken: { cpuMs } }) => once(`${count} bindings ${where}: CPU of the driver`, cpuMs, 'ms')),
    once(
      `bindings ${where}: CPU of the driver grows with the power`,
      exponent(taken.map(({ count, taken: { cpuMs } }) => ({ size: count, cost: cpuMs }))),
      '',
      { target: atMost(1.1) },
    ),
  ];
}

/** On a switch of its own, on which nothing is bound yet. */
async function measured(wanted: readonly Wanted[]): Promise<Taken> {
  const world = elsSwitch(PORTS, 0);
  const [switches, device] = await Promise.all([startPart<SwitchesPart>('switches'), startPart<DevicePart>('device')]);
  try {
    const [reached] = await switches.ask('start', [world], { commitMs: 0, checkMs: 0 });
    if (reached === undefined) throw new Error('the switch did not start');
    await device.ask('connect', reached, world);
    await warmUp(device);
    return await device.ask('change', wanted);
  } finally {
    await Promise.all([switches.stop(), device.stop()]);
  }
}

/** A first pass learns the switch and compiles code, which does not grow with anything. */
async function warmUp(device: Part<DevicePart>): Promise<void> {
  await device.ask('change', [{ port: `${portName(PORTS - 1)}.0`, bindings: [nthBinding(1)] }]);
}
