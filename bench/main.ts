import { parseArgs } from 'node:util';
import { applyAll } from './applyAll';
import { reconcile } from './reconcile';
import { burst, fleet, loneEvent, longRun, type Measurement } from './cases';

/** `npm run bench [-- --events N] [--quick] [--only lone|burst|fleet|long|apply|reconcile]`: prints every figure beside a peer's way or a limit. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '10000' },
      'fleet-events': { type: 'string', default: '1000' },
      'apply-servers': { type: 'string', default: '1000' },
      'apply-switches': { type: 'string', default: '20' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const long = values.quick ? 500 : Number(values.events);
  const cases: Readonly<Record<string, () => Promise<Measurement[]>>> = {
    lone: loneEvent,
    burst: () => burst(values.quick ? 50 : 200, values.quick ? 1_000 : 5_000),
    fleet: () => fleet(values.quick ? 100 : Number(values['fleet-events']), values.quick ? 10 : 50, 2_000),
    apply: () =>
      applyAll(
        values.quick ? 100 : Number(values['apply-servers']),
        values.quick ? 5 : Number(values['apply-switches']),
        500,
      ),
    reconcile: () => (values.quick ? reconcile(48, 10) : reconcile()),
    long: () => longRun(long),
  };
  for (const [name, measure] of Object.entries(cases)) {
    if (values.only !== undefined && values.only !== name) continue;
    process.stdout.write(`── ${name}\n`);
    for (const measurement of await measure()) process.stdout.write(`${line(measurement)}\n`);
  }
}

function line({ what, value, unit, against }: Measurement): string {
  const own = `${what.padEnd(62)} ${round(value).padStart(9)} ${unit.padEnd(8)}`;
  return against === undefined
    ? own
    : `${own} ${round(value / against.value).padStart(7)} × ${against.what} (${round(against.value)})`;
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, '');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
