import { OpenRemovalsByPort } from '../../../src/workflows/coordinator/openRemovals';
import { ip, port, server } from '../../activities/fakes/values';

const PORT = port('ge-0/0/1.0');
const NAMED = { explainedIps: [ip('10.0.48.5')], deletedServerIds: [server(1)] };
const NOTHING = { explainedIps: [], deletedServerIds: [] };

it.each([
  ['failed', NAMED],
  ['held', NAMED],
  ['unchanged', NOTHING],
  ['applied', NOTHING],
] as const)('what an event named on a port that ended as %s', (status, left) => {
  const removals = new OpenRemovalsByPort();
  removals.settle({ port: PORT, status, excluded: [] }, NAMED, [], 1);
  expect(removals.with(PORT, NOTHING)).toEqual(left);
  expect(removals.isEmpty(1)).toBe(left === NOTHING);
});
