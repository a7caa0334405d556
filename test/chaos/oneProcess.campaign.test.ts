import { temporalUnavailable } from '../servers/temporal';
import { postgresMissing } from '../store/postgresServer';
import { expectToHold, RUN_MS } from './shortRun';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('under random events and faults the switches end as the panel says, and nothing else is touched', () => {
  test(
    'one process with embedded servers',
    () => expectToHold({ layout: 'all', canSplit: postgresMissing() === undefined }, 0),
    RUN_MS,
  );
});
