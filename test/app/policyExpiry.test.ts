import { PolicyExpiry } from '../../src/app/policyExpiry';
import type { StoredPolicy } from '../../src/domain/policies/storedPolicy';
import type { EndPolicyInput } from '../../src/protocol/policies';
import { fakeWorld, type FakeWorld } from '../activities/fakes/world';
import { DEVICE, PORT } from '../activities/portQuestions';
import type { Log } from '../../src/telemetry/log';

const PAST = '2026-01-01T00:00:00.000Z';

function policy(world: FakeWorld, version: string, expiresAt?: string): void {
  const record: StoredPolicy = {
    ...{ scope: { kind: 'port', device: DEVICE, port: PORT }, version, portSecurity: 'off', author: 'ada' },
    ...{ reason: 'firewall', createdAt: '2025-11-29T13:00:00.000Z', ...(expiresAt === undefined ? {} : { expiresAt }) },
  };
  world.store.policies.records.set(version, record);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A log that keeps what it is told. */
function keptLog(world: FakeWorld): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const note = (_facts: object, text: string): void => void lines.push(text);
  return { log: Object.assign(Object.create(world.log) as Log, { warn: note, info: note }), lines };
}

it('starts the end of what is over, and again until it is recorded; what has no end stays', async () => {
  const world = fakeWorld();
  policy(world, '1', PAST);
  policy(world, '2');
  const ended: EndPolicyInput[] = [];
  const service = { end: async (input: EndPolicyInput) => void ended.push(input) };
  const expiry = new PolicyExpiry({ store: world.store, service, log: world.log, everyMs: 5 });
  await until(() => ended.length >= 2);
  world.store.policies.records.delete('1');
  await expiry.stop();
  expect(new Set(ended.map(({ version }) => version))).toEqual(new Set(['1']));
});

it('announces what ends within the hour, once', async () => {
  const world = fakeWorld();
  policy(world, '1', new Date(Date.now() + 60_000).toISOString());
  policy(world, '2', new Date(Date.now() + 3 * 3_600_000).toISOString());
  const { log, lines } = keptLog(world);
  let looks = 0;
  const store = {
    policies: { announce: world.store.policies.announce, over: async () => ((looks += 1), []) },
  };
  const expiry = new PolicyExpiry({ store, service: { end: () => Promise.reject(new Error()) }, log, everyMs: 5 });
  await until(() => looks > 3);
  await expiry.stop();
  expect(lines).toEqual(['a port policy ends within the hour; its ports are restored then']);
});

it('goes on when the store or Temporal are away', async () => {
  const world = fakeWorld();
  policy(world, '1', PAST);
  world.store.break('policies');
  let tries = 0;
  const end = async () => {
    tries += 1;
    throw new Error('not accepted');
  };
  const { log, lines } = keptLog(world);
  const expiry = new PolicyExpiry({ store: world.store, service: { end }, log, everyMs: 5 });
  await until(() => lines.length > 0);
  expect(tries).toBe(0);
  world.store.mend('policies');
  await until(() => tries > 1);
  await expiry.stop();
});
