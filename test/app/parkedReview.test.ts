import pino from 'pino';
import { ParkedReview } from '../../src/app/parkedReview';
import { releaseBrake } from '../../src/app/releaseBrake';
import type { GuardCode } from '../../src/domain/change/guardCodes';
import type { PortName } from '../../src/domain/values/port';
import { fakeWorld, type FakeWorld } from '../activities/fakes/world';
import { ip, junos, port } from '../activities/fakes/values';

const DEVICE = junos(1);
const P1 = port('ge-0/0/1.0');
const P2 = port('ge-0/0/2.0');
/** When the store in memory parks everything. */
const PARKED = Date.parse('2026-11-22T00:00:00.000Z');
const MINUTE = 60_000;
const LIMITS = { ports: 1, bindings: 1, withinMinutes: 30 };

let world: FakeWorld;
let review: ParkedReview;
const park = (name: PortName, ...guards: GuardCode[]): Promise<void> =>
  world.store.parked.put({ device: DEVICE, port: name, fingerprint: 'f', reason: 'r', added: [], removed: [], guards });
const brakeAt = async (now: number): Promise<void> => {
  const losses = [P1, P2].map((name) => ({ device: DEVICE, port: name, ip: ip('10.0.0.1') }));
  await world.store.brakes.admit(losses, LIMITS, now);
};
const asked = (): readonly PortName[] => world.enlisted.splice(0).map(({ request }) => request.port);

beforeEach(() => {
  world = fakeWorld();
  review = new ParkedReview({
    store: world.store,
    enlister: world.enlister,
    log: pino({ level: 'silent' }),
    brake: LIMITS,
    reviewMs: 15 * MINUTE,
  });
});
afterEach(() => review.stop());

it('looks at each parked port again after a while, and not more often', async () => {
  await park(P1, 'port-shrink');
  await park(P2);
  await review.round(PARKED + 14 * MINUTE);
  expect(asked()).toEqual([]);
  await review.round(PARKED + 15 * MINUTE);
  expect(asked()).toEqual([P1, P2]);
  await world.store.parked.delete(DEVICE, P2);
  await review.round(PARKED + 29 * MINUTE);
  expect(asked()).toEqual([]);
  await review.round(PARKED + 30 * MINUTE);
  expect(asked()).toEqual([P1]);
});

it('releases a brake that holds nothing any more once its time is over, and no other', async () => {
  await brakeAt(PARKED);
  await park(P1, 'site-brake');
  await review.round(PARKED + 60 * MINUTE);
  expect(await world.store.brakes.current()).toBeDefined();
  await world.store.parked.delete(DEVICE, P1);
  await brakeAt(PARKED);
  await review.round(PARKED + 29 * MINUTE);
  expect(await world.store.brakes.current()).toBeDefined();
  await review.round(PARKED + 30 * MINUTE);
  expect(world.store.braked).toMatchObject([{ released: { by: 'portwarden' } }]);
});

it('goes on after a fault of the store', async () => {
  await park(P1);
  world.store.break('brakes');
  await review.round(PARKED + 60 * MINUTE);
  expect(asked()).toEqual([]);
  world.store.mend('brakes');
  await review.round(PARKED + 61 * MINUTE);
  expect(asked()).toEqual([P1]);
});

it('a person who releases the brake has what it held looked at again; approving lets go what waits for it alone', async () => {
  const approved: PortName[] = [];
  const coordinators = {
    ...world.enlister,
    approve: async (_device: unknown, name: PortName) => void approved.push(name),
  };
  const release = { by: 'alice', reason: 'moved', approve: false };
  expect(await releaseBrake(world.store, coordinators, release)).toBeUndefined();
  await park(P1, 'site-brake');
  await park(P2, 'port-shrink', 'site-brake');
  await park(port('ge-0/0/3.0'), 'port-shrink');
  await brakeAt(PARKED);
  expect(await releaseBrake(world.store, coordinators, release)).toMatchObject({ ports: 2 });
  expect([asked(), approved]).toEqual([[P1, P2], []]);
  await brakeAt(Date.now());
  expect(await releaseBrake(world.store, coordinators, { ...release, approve: true })).toMatchObject({ ports: 2 });
  expect([asked(), approved]).toEqual([[P2], [P1]]);
});
