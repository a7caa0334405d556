import { temporalUnavailable } from '../servers/temporal';
import { postgresMissing } from '../store/postgresServer';
import { expectToHold, RUN_MS } from './shortRun';

const missing = temporalUnavailable() ?? postgresMissing();
if (missing !== undefined) process.stderr.write(`skipped: the chaos run with several processes: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

suite('under random events and faults the switches end as the panel says, and nothing else is touched', () => {
  test(
    'an API, two workers, PostgreSQL and Temporal',
    () => expectToHold({ layout: 'split', canSplit: true }, 1),
    RUN_MS,
  );
});
