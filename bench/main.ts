import { parseArgs } from 'node:util';
import { applyAll } from './applyAll';
import { NotHere, type BenchCase, type Thoroughness } from './benchCase';
import { figuresOf } from './cases';
import { bindings } from './cases/bindings';
import { burst } from './cases/burst';
import { change } from './cases/change';
import { cost } from './cases/cost';
import { fleet } from './cases/fleet';
import { gather } from './cases/gather';
import { growth } from './cases/growth';
import { lists } from './cases/lists';
import { lone } from './cases/lone';
import { long } from './cases/long';
import { memory } from './cases/memory';
import { migration } from './cases/migration';
import { recovery } from './cases/recovery';
import { soak } from './cases/soak';
import { webhook } from './cases/webhook';
import { workers } from './cases/workers';
import { load } from './machine';
import { reconcile } from './reconcile';
import { Report, type CaseReport } from './report';

const CASES: readonly BenchCase[] = [
  lone,
  webhook,
  change,
  burst,
  fleet,
  gather,
  cost,
  bindings,
  lists,
  growth,
  memory,
  recovery,
  migration,
  workers,
  long,
  soak,
  {
    name: 'apply',
    title: 'Apply All over new switches',
    measure: async ({ isQuick, numbers }) =>
      figuresOf(
        await applyAll(
          isQuick ? 100 : (numbers['apply-servers'] ?? 1_000),
          isQuick ? 5 : (numbers['apply-switches'] ?? 20),
          500,
        ),
      ),
  },
  {
    name: 'reconcile',
    title: 'Comparing devices with what they shall have',
    measure: async ({ isQuick }) => figuresOf(isQuick ? await reconcile(48, 10) : await reconcile()),
  },
];

const NUMBERS = [
  'events',
  'fleet-events',
  'growth-events',
  'memory-events',
  'soak-minutes',
  'apply-servers',
  'apply-switches',
];

const USAGE = `bench: measures portwarden beside peers and limits, each part in a process of its own

  --only NAME[,NAME]   some cases: ${CASES.map(({ name }) => name).join(', ')}
  --quick              small worlds and few runs: shows that everything runs, its figures say little
  --json FILE          every run of every figure, with the machine and the versions
  --list               the cases, and what each one compares
${NUMBERS.map((name) => `  --${name} N`).join('\n')}
`;

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      ...Object.fromEntries(NUMBERS.map((name) => [name, { type: 'string' } as const])),
    },
  });
  const numbers = Object.fromEntries(
    Object.entries(values as Readonly<Record<string, unknown>>).flatMap(([name, value]) => {
      if (!NUMBERS.includes(name)) return [];
      const number = Number(value);
      if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name} must be a whole number from 1`);
      return [[name, number]];
    }),
  );
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !CASES.some((one) => one.name === name));
  if (unknown !== undefined) throw new RangeError(`there is no case ${unknown}`);
  return { ...values, only, numbers };
}

/** Measures what was asked for, one case after the other. @returns whether every case came to its end */
async function main(): Promise<boolean> {
  const { only, quick, json, list, help, numbers } = options();
  if (help) {
    process.stdout.write(USAGE);
    return true;
  }
  const cases = CASES.filter(({ name, isOnRequest = false }) => only?.includes(name) ?? !isOnRequest);
  if (list) {
    for (const { name, title } of CASES) process.stdout.write(`${name.padEnd(12)} ${title}\n`);
    return true;
  }
  const report = new Report({ quick, only, numbers });
  process.stdout.write(`${report.head()}\n`);
  for (const one of cases) {
    process.stdout.write(`── ${one.name}: ${one.title}\n`);
    process.stdout.write(`${report.add(await measured(one, { isQuick: quick, numbers }))}\n`);
    if (json !== undefined) report.write(json);
  }
  return report.isWhole;
}

/** One case. What fails is said and does not take the others with it. */
async function measured(one: BenchCase, thoroughness: Thoroughness): Promise<CaseReport> {
  const before = load();
  const started = performance.now();
  const report = async (): Promise<Pick<CaseReport, 'figures' | 'missing' | 'failed'>> => {
    try {
      return { figures: await one.measure(thoroughness) };
    } catch (error) {
      if (error instanceof NotHere) return { figures: [], missing: error.message };
      return { figures: [], failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  const found = await report();
  return { name: one.name, ...found, seconds: (performance.now() - started) / 1000, load: [before, load()] };
}

main().then(
  (isWhole) => process.exit(isWhole ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
