import { Random } from '../../chaos/random';
import { drawnFaults, TOGETHER } from './cells';
import { faultMatrix } from './rounds';

/*
 * In `npm run test:system`: each call with two faults, each fault of each source at some call, each action with each kind of call. All
 * faults of all calls are in *.campaign.test.ts.
 */
const SEED = Number(process.env['PORTWARDEN_FAULT_MATRIX_SEED'] ?? Date.now() % 1_000_000_000);
process.stderr.write(`a sample of the fault matrix (again: PORTWARDEN_FAULT_MATRIX_SEED=${SEED})\n`);

faultMatrix('a sample', Object.values(TOGETHER), drawnFaults(new Random(SEED)));
