import { describeOrigin, type DeviceCommit, type Origin } from '../../../src/domain/change/origin';

const commit: DeviceCommit = { user: 'ada', method: 'cli', at: '2026-11-29T13:00:00.000Z', log: 'ticket 12' };

it.each<[Origin, string]>([
  [{ found: 'commit', commit }, 'brought by a commit of ada via cli at 2026-11-29T13:00:00.000Z, "ticket 12"'],
  [{ found: 'commit', commit: { user: 'root' } }, 'brought by a commit of root, without a log text'],
  [
    { found: 'older', than: commit, looked: 3 },
    'older than the last 3 commits, the first of which is of ada via cli at 2026-11-29T13:00:00.000Z, "ticket 12"',
  ],
  [
    { found: 'older', than: { user: 'root' }, looked: 1 },
    'older than the last commit, which is of root, without a log text',
  ],
  [{ found: 'nothing', why: 'it is gone' }, 'who brought it is not known: it is gone'],
])('%j', (origin, words) => {
  expect(describeOrigin(origin)).toBe(`device: ${words}`);
});
