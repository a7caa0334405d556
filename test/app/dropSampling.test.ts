import pino from 'pino';
import { evidenceOf } from '../../src/activities/evidence/portEvidence';
import { DropSampling } from '../../src/app/dropSampling';
import type { Device } from '../../src/devices/device';
import type { DropReading } from '../../src/domain/dropEvidence';
import { PortwardenError } from '../../src/domain/errors';
import type { DeviceId } from '../../src/domain/values/device';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { junos, port } from '../activities/fakes/values';

const [A, B] = [junos(1), junos(2)];
const P1 = port('ge-0/0/1.0');
const MINUTE = 60_000;
const APART = 30_000;

let store: MemoryStore;
let says: Map<DeviceId, DropReading | PortwardenError>;
let asked: DeviceId[];
let sampling: DropSampling;
const devices = {
  open: (id: DeviceId): Device => {
    if (id === junos(9)) throw new PortwardenError('device-not-configured', 'no such device');
    const dropCounters = async () => {
      asked.push(id);
      const answer = says.get(id);
      if (answer === undefined || answer instanceof PortwardenError) throw answer ?? new Error('silent');
      return answer;
    };
    return { id, ...(id === junos(8) ? {} : { dropCounters }) } as unknown as Device;
  },
};
const refused = (count: number): DropReading => ({ counters: [{ port: P1, refused: count }] });
const evidence = async (device: DeviceId, name = P1) =>
  (await evidenceOf({ store, devices }, [{ device, port: name, effectivePort: name }]))[0];

beforeEach(() => {
  store = new MemoryStore();
  says = new Map();
  asked = [];
  const log = pino({ level: 'silent' });
  sampling = new DropSampling({ sources: { store, devices }, log, everyMs: 3_600_000 });
});
afterEach(() => sampling.stop());

it('reads the counters of wanted devices twice a minute at most, and of no others', async () => {
  says.set(A, refused(5));
  sampling.want(A);
  sampling.want(A);
  await sampling.round(0);
  sampling.want(A);
  await sampling.round(APART - 1);
  expect(asked).toEqual([A]);
  says.set(A, refused(42));
  await sampling.round(APART);
  await sampling.round(5 * MINUTE);
  expect(asked).toEqual([A, A]);
  expect(await evidence(A)).toMatchObject({ device: A, port: P1, refused: 37 });
});

it('counts from the last change that the journal has', async () => {
  says.set(A, refused(100));
  const entry = { workflowId: 'w', summary: 's', commands: [], removed: [], status: 'applied' as const };
  await store.journal.append([{ ...entry, device: A, port: P1, commit: 'c1', added: [{ key: 'k', text: 't' }] }]);
  sampling.want(A);
  await sampling.round(0);
  expect(await store.dropEvidence.samples(A)).toMatchObject([{ commit: 'c1', counter: 100 }]);
});

it('what fails fails alone, and what was known stays; a device that says nothing says why', async () => {
  says.set(A, refused(1));
  says.set(B, { unavailable: 'the switch does not answer' });
  sampling.want(A);
  sampling.want(B);
  await sampling.round(0);
  says.set(A, new PortwardenError('device-unreachable', 'away'));
  sampling.want(A);
  sampling.want(junos(9));
  await sampling.round(MINUTE);
  expect(await evidence(A)).toMatchObject({ refused: 0 });
  expect(await evidence(B)).toEqual({ device: B, port: P1, says: 'ARP frames refused: the switch does not answer' });
  store.break('dropEvidence');
  sampling.want(A);
  await sampling.round(2 * MINUTE);
});

it('a kind without counters is not asked, and says that it is not available; a port that was never counted says so', async () => {
  sampling.want(junos(8));
  await sampling.round(0);
  expect(asked).toEqual([]);
  const platform = 'ARP frames refused: not available on this platform';
  expect([(await evidence(junos(8)))?.says, (await evidence(junos(9)))?.says]).toEqual([platform, platform]);
  expect((await evidence(A))?.says).toBe('ARP frames refused: not counted yet; the next reconcile does');
});

it('a member of an aggregate has what the aggregate has', async () => {
  says.set(A, { counters: [{ port: port('ae0.0'), refused: 3 }] });
  sampling.want(A);
  await sampling.round(0);
  const [found] = await evidenceOf({ store, devices }, [{ device: A, port: P1, effectivePort: port('ae0.0') }]);
  expect(found).toMatchObject({ port: P1, refused: 0 });
});
