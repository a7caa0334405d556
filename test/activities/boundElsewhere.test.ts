import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import { createExplainBindings } from '../../src/activities/explainBindings';
import { createFilterByVlan } from '../../src/activities/filterByVlan';
import type { PortOutcome } from '../../src/domain/change/outcome';
import type { PortName } from '../../src/domain/values/port';
import type { PortQuestion } from '../../src/protocol/activities';
import { ip, port, server, vlan } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { dedicated, DEVICE, PORT as OLD, question, read } from './portQuestions';

/** An address that the panel moved to another server without saying so where it was. */

const NEW = port('ge-0/0/2.0');
const MAC = '00:50:56:00:00:02';
const X = '10.0.48.77';

let world: FakeWorld;

async function pass(...questions: PortQuestion[]): Promise<readonly PortOutcome[]> {
  const servers = await read(world, ...questions);
  const gathered = servers.map((one) => ({ servers: one, inventories: [] }));
  const { ports } = await inActivity(createFilterByVlan(world), { device: DEVICE, ports: gathered });
  const guards = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
  world.enlisted.splice(0);
  const batch = { device: DEVICE, batch: 1, guards, ports: ports.map((one) => ({ ...one, approved: false })) };
  return (await inActivity(createCommitToSwitch(world), batch)).outcomes;
}

const look = async (name: PortName, extra: Partial<PortQuestion> = {}): Promise<PortOutcome> => {
  const [outcome] = await pass(question({ port: name, serverIds: [server(1), server(2)], ...extra }));
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
};

const boundAt = (name: PortName): readonly unknown[] => (world.device.actual.get(name) ?? []).map((one) => one.ip);
const asked = (): readonly PortName[] => world.enlisted.map(({ request }) => request.port);
const conflicting = (): readonly unknown[] =>
  world.store.stands.filter(({ list }) => list === 'conflicting').map(({ port: at, rule }) => [at, rule]);

beforeEach(async () => {
  world = fakeWorld();
  for (const name of [OLD, NEW]) world.panel.vlanOfPort.set(`${DEVICE} ${name}`, vlan(13));
  dedicated(world, 1, [{ port: OLD }], ['10.0.48.1', X]);
  dedicated(world, 2, [{ port: NEW }], ['10.0.48.2'], MAC);
  await look(OLD);
  await look(NEW);
  dedicated(world, 1, [{ port: OLD }], ['10.0.48.1']);
  dedicated(world, 2, [{ port: NEW }], ['10.0.48.2', X], MAC);
});

it('is let through at its new port, which names the old one and asks for it once', async () => {
  const outcome = await look(NEW);
  expect(outcome).toMatchObject({ status: 'applied', excluded: [{ ip: X, rule: 'bound-elsewhere' }] });
  expect(outcome.summary).toContain(
    `${X} is let through here, and still at ${DEVICE} ${OLD} for server 1, to which the panel does not assign it now`,
  );
  expect(outcome.summary).toContain(`\`portwarden event ip_removed 1 --ip ${X}\``);
  expect(outcome.summary).not.toContain('left out');
  expect(boundAt(NEW)).toContain(X);
  expect(asked()).toEqual([OLD]);
  expect(await look(NEW)).toMatchObject({ excluded: [{ rule: 'bound-elsewhere' }] });
  expect(asked()).toEqual([]);
});

it('stays at the old port, which says where it is, until an event takes it; then nothing stands any more', async () => {
  await look(NEW);
  expect(await look(OLD)).toMatchObject({ removed: [], excluded: [{ ip: X, rule: 'assigned-elsewhere' }] });
  expect([boundAt(OLD), asked()]).toEqual([['10.0.48.1', X], []]);
  expect(conflicting()).toEqual([
    [NEW, 'bound-elsewhere'],
    [OLD, 'assigned-elsewhere'],
  ]);
  expect(await look(OLD, { explainedIps: [ip(X)] })).toMatchObject({ status: 'applied', excluded: [] });
  expect([boundAt(OLD), asked()]).toEqual([['10.0.48.1'], [NEW]]);
  expect(await look(NEW)).toMatchObject({ status: 'unchanged', excluded: [] });
  expect([conflicting(), boundAt(NEW)]).toEqual([[], ['10.0.48.2', X]]);
});

it('is explained as bound, with the other port', async () => {
  await look(NEW);
  const { addresses } = await inActivity(createExplainBindings(world), { subject: { of: 'address', ip: ip(X) } });
  expect(addresses.find((one) => one.port.port === NEW)).toMatchObject({ state: 'bound', rule: 'bound-elsewhere' });
});

it('is not spoken of where the same pass takes it away', async () => {
  const both = await pass(
    question({ port: OLD, serverIds: [server(1)], explainedIps: [ip(X)] }),
    question({ port: NEW, serverIds: [server(2)] }),
  );
  expect(both.map(({ status, excluded }) => [status, excluded])).toEqual([
    ['applied', []],
    ['applied', []],
  ]);
});
