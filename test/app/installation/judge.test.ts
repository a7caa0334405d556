import { judge, type Memory } from '../../../src/app/installation/judge';
import type { StoreFound } from '../../../src/store/installation';

const OURS = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const NEW = '99999999-9999-4999-8999-999999999999';
const NAMESPACE = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const ANOTHER_NAMESPACE = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

const EMPTY: StoreFound = { state: 'empty' };
const UNMARKED: StoreFound = { state: 'unmarked' };
const known = (installation: string, namespace: string | undefined = NAMESPACE): StoreFound => ({
  state: 'known',
  installation,
  namespace,
});
const record = { file: '/data/installation.json', installation: OURS, since: '2026-11-24T04:00:00.000Z' };
const namespace = (id = NAMESPACE, installation?: string): Memory['namespace'] => ({
  name: 'default',
  id,
  installation,
});

function verdict(found: StoreFound, memory: Partial<Memory>): unknown {
  try {
    const {
      installation,
      origin,
      givenUp,
      namespace: ns,
    } = judge(found, { accepted: new Set(), ...memory }, 'the store', () => NEW);
    return { installation, origin, givenUp, namespace: ns };
  } catch (error) {
    const { code, details } = error as { code: string; details: { id: string } };
    return [code, details.id];
  }
}

describe('what is used', () => {
  test.each<[string, StoreFound, Partial<Memory>, object]>([
    ['a first start', EMPTY, { namespace: namespace() }, { installation: NEW, origin: 'new', namespace: NAMESPACE }],
    [
      'the store of a release without ids',
      UNMARKED,
      { namespace: namespace() },
      { installation: NEW, origin: 'adopted' },
    ],
    [
      'what everything remembers',
      known(OURS),
      { record, namespace: namespace(NAMESPACE, OURS), pinned: OURS },
      { installation: OURS, origin: 'known' },
    ],
    [
      'a store that knows itself, on a machine that remembers nothing',
      known(OURS),
      { namespace: namespace(NAMESPACE, OURS) },
      { installation: OURS, origin: 'known' },
    ],
    [
      'a store beside a namespace that may not be described',
      known(OURS),
      { record },
      { installation: OURS, origin: 'known', namespace: undefined },
    ],
    [
      'a store that has not met its namespace yet',
      { state: 'known', installation: OURS, namespace: undefined },
      { record, namespace: namespace() },
      { installation: OURS, namespace: NAMESPACE },
    ],
  ])('%s', (_case, found, memory, expected) => {
    expect(verdict(found, memory)).toMatchObject({ givenUp: [], ...expected });
  });
});

describe('what is refused, and the id by which it can be accepted', () => {
  const cases: [string, StoreFound, Partial<Memory>, string, string][] = [
    [
      'an empty store beside the record of the data directory',
      EMPTY,
      { record, namespace: namespace() },
      'store-lost',
      OURS,
    ],
    [
      'an empty store beside a namespace with the work of an installation',
      EMPTY,
      { namespace: namespace(NAMESPACE, OURS) },
      'store-lost',
      OURS,
    ],
    ['a store without an id beside a record of one', UNMARKED, { record, namespace: namespace() }, 'store-lost', OURS],
    [
      "another installation's store",
      known(OTHER),
      { record, namespace: namespace(NAMESPACE, OTHER) },
      'store-lost',
      OURS,
    ],
    [
      "another installation's namespace",
      known(OURS, undefined),
      { namespace: namespace(NAMESPACE, OTHER) },
      'store-lost',
      OTHER,
    ],
    [
      'a new Temporal database',
      known(OURS),
      { record, namespace: namespace(ANOTHER_NAMESPACE) },
      'temporal-lost',
      NAMESPACE,
    ],
  ];

  test.each(cases)('%s', (_case, found, memory, code, id) => {
    expect(verdict(found, memory)).toEqual([code, id]);
    expect(verdict(found, { ...memory, accepted: new Set([NEW]) })).toEqual([code, id]);
    expect(verdict(found, { ...memory, accepted: new Set([id]) })).toMatchObject({ givenUp: [id] });
  });

  test("the work of another installation, even when the loss of one's own is accepted", () => {
    const memory = { record, namespace: namespace(ANOTHER_NAMESPACE, OTHER), accepted: new Set([NAMESPACE]) };
    expect(verdict(known(OURS), memory)).toEqual(['store-lost', OTHER]);
  });

  test('anything but the store that the configuration names, accepted or not', () => {
    for (const found of [EMPTY, UNMARKED, known(OTHER)]) {
      expect(verdict(found, { pinned: OURS })).toEqual(['store-lost', OURS]);
      expect(verdict(found, { pinned: OURS, accepted: new Set([OURS, OTHER]) })).toEqual(['store-lost', OURS]);
    }
  });
});

test('what goes on without a lost store is a new installation, which the acceptance does not name any more', () => {
  const accepted = new Set([OURS]);
  expect(verdict(EMPTY, { record, namespace: namespace(NAMESPACE, OURS), accepted })).toMatchObject({
    installation: NEW,
    origin: 'new',
    givenUp: [OURS],
  });
  expect(verdict(EMPTY, { record: { ...record, installation: NEW }, accepted })).toEqual(['store-lost', NEW]);
});
