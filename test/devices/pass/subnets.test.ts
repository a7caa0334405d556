import fc from 'fast-check';
import { planWork } from '../../../src/devices/pass/planning';
import type { PortTarget } from '../../../src/devices/pass/request';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { addressesOf } from '../../../src/domain/change/statement';
import { parseServerId } from '../../../src/domain/event/event';
import { covers, parseCidr, type Cidr } from '../../../src/domain/values/ip';
import { FakeDevice } from '../../activities/fakes/fakeDevice';
import { ip, junos, mac, port, statement, vlan } from '../../activities/fakes/values';

const P1 = port('ge-0/0/1.0');
const MAC = mac('00:50:56:00:00:01');
const GUARDS = { maxRemovedBindings: 100, maxRemovedShare: 1 };
const RANGE = parseCidr('10.0.64.0/28');
const subnet = (range: Cidr): NonNullable<PortTarget['subnets']>[number] => ({
  range,
  serverId: parseServerId(101),
  name: 'web1',
});
const target = (more: Partial<PortTarget>): PortTarget => ({
  port: P1,
  desired: [],
  retainIps: [],
  removals: NO_REMOVALS,
  ...more,
});
const plan = async (actual: readonly string[], more: Partial<PortTarget>) => {
  const device = new FakeDevice(junos(1));
  device.actual.set(
    P1,
    actual.map((one) => statement(one)),
  );
  const [work] = planWork({ targets: [target(more)], guards: GUARDS, keeps: [] }, await device.readState());
  if (work === undefined) throw new Error('there is no work');
  return work;
};

describe('a whole subnet that is not bound address by address', () => {
  test('what is present inside it stays, waits for nobody and is listed; the rest of the port is judged as ever', async () => {
    const work = await plan(['10.0.64.3', '10.0.64.4', '10.0.48.9'], { subnets: [subnet(RANGE)] });
    expect(work.plan.remove).toEqual([]);
    expect(work.excluded).toEqual([
      expect.objectContaining({ ip: '10.0.64.3', rule: 'subnet-assignment', serverId: 101 }),
      expect.objectContaining({ ip: '10.0.64.4', rule: 'subnet-assignment' }),
    ]);
    expect(work.excluded[0]?.message).toBe(
      '10.0.64.3 is inside 10.0.64.0/28, which the panel assigns to web1 as a whole and which is not bound address by address; its binding stays',
    );
    expect(work.parked?.remove.map((one) => one.ip)).toEqual(['10.0.48.9']);
  });

  test('an address inside it that is desired by itself is bound as ever and not listed', async () => {
    const desired = [{ ip: ip('10.0.64.3'), mac: MAC, vlan: vlan(13) }];
    const work = await plan(['10.0.64.3'], { desired, subnets: [subnet(RANGE)] });
    expect(work.excluded).toEqual([]);
    expect(work.verdict).toEqual({ kind: 'unchanged' });
  });

  test('an event that names it takes what is bound inside, and nothing else', async () => {
    const removals = { named: [], absent: [], namedRanges: [RANGE] };
    const work = await plan(['10.0.64.3', '10.0.64.4', '10.0.48.9'], { removals });
    expect(addressesOf(work.plan.remove)).toEqual(['10.0.64.3', '10.0.64.4']);
    expect([...work.plan.because.values()]).toEqual(['named', 'named']);
  });

  test('nothing inside an assigned subnet goes, whatever justifies it; an event takes exactly what its subnet covers', async () => {
    const address = fc.integer({ min: 1, max: 62 }).map((host) => ip(`10.0.64.${host}`));
    const range = fc
      .record({ host: fc.nat(63), length: fc.integer({ min: 26, max: 31 }) })
      .map(({ host, length }) => parseCidr(`10.0.64.${host}/${length}`));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(address, { maxLength: 10 }),
        fc.array(range, { maxLength: 2 }),
        fc.array(range, { maxLength: 2 }),
        fc.array(address, { maxLength: 4 }),
        fc.array(address, { maxLength: 4 }),
        async (actual, assigned, namedRanges, named, absent) => {
          const work = await plan(actual, {
            subnets: assigned.map(subnet),
            removals: { named, absent: absent.filter((one) => !named.includes(one)), namedRanges },
          });
          const removed = addressesOf(work.plan.remove);
          const inside = actual.filter((one) => covers(assigned, one));
          expect(removed.filter((one) => covers(assigned, one))).toEqual([]);
          expect(work.excluded.map((one) => one.ip).sort()).toEqual([...inside].sort());
          const byEvent = actual.filter((one) => covers([...namedRanges, ...named], one) && !covers(assigned, one));
          expect(byEvent.every((one) => removed.includes(one))).toBe(true);
          expect(removed.every((one) => byEvent.includes(one) || absent.includes(one))).toBe(true);
        },
      ),
    );
  });
});
