import { converge } from '../../../src/devices/pass/converge';
import { preview } from '../../../src/devices/pass/preview';
import type { DeviceState } from '../../../src/devices/device';
import type { PortName } from '../../../src/domain/values/port';
import { FakeDevice } from '../../activities/fakes/fakeDevice';
import { ip, junos, port, statement } from '../../activities/fakes/values';
import { bind, outcomeOf, recordingContext, request, target } from '../support';

const P1 = port('101/net0');
const wanted = [bind('192.0.2.10', '02:00:00:00:00:10', 100)];
const doubt = ip('192.0.2.77');

/** A port without statements lets everything through. */
class OpenDevice extends FakeDevice {
  /** The ports that were asked for, reading by reading. */
  readonly asked: (readonly string[] | undefined)[] = [];

  override async readState(): Promise<DeviceState> {
    const state = await super.readState();
    return Object.assign(state, {
      isOpen: (name: PortName) => state.statements(name).length === 0,
      remarks: () => ['accepted, not enforced: the firewall is off'],
    });
  }

  override beginChange(context: Parameters<FakeDevice['beginChange']>[0]): ReturnType<FakeDevice['beginChange']> {
    this.asked.push(context.ports);
    return super.beginChange(context);
  }
}

test('the first statement of an open port is not begun while an address of the port is in doubt, and the doubt is named', async () => {
  const device = new OpenDevice(junos(1));
  const doubtful = request([target(P1, wanted, { retainIps: [doubt] })]);
  const outcome = outcomeOf(await converge(device, doubtful, recordingContext()), P1);
  expect(outcome).toMatchObject({ status: 'unchanged', excluded: [{ ip: '192.0.2.10', rule: 'first-statement' }] });
  expect(outcome.excluded[0]?.message).toContain('its first filter would shut out 192.0.2.77');
  expect(preview(await device.readState(), doubtful, []).ports[0]).toMatchObject({ status: 'unchanged', added: [] });
  expect(device.commits).toBe(0);
});

test('without a doubt it is begun, and one that is there already is added to whatever is in doubt', async () => {
  const device = new OpenDevice(junos(1));
  const certain = await converge(
    device,
    request([target(P1, wanted, { retainIps: [wanted[0]?.ip ?? doubt] })]),
    recordingContext(),
  );
  expect(outcomeOf(certain, P1).status).toBe('applied');
  const more = [...wanted, ...[bind('192.0.2.11', '02:00:00:00:00:10', 100)]];
  const added = await converge(device, request([target(P1, more, { retainIps: [doubt] })]), recordingContext());
  expect(outcomeOf(added, P1).status).toBe('applied');
});

test('what keeps statements from having effect is said of the port, also when nothing is to be done', async () => {
  const device = new OpenDevice(junos(1));
  device.actual.set(P1, [statement('192.0.2.10', '02:00:00:00:00:10', 'VLAN.100')]);
  const outcome = outcomeOf(await converge(device, request([target(P1, wanted)]), recordingContext()), P1);
  expect(outcome).toMatchObject({ status: 'unchanged', remarks: ['accepted, not enforced: the firewall is off'] });
});

test('a pass says which ports it has to do with, those of unfinished commits too', async () => {
  const device = new OpenDevice(junos(1));
  const intent = { port: port('102/net0'), effectivePort: port('102/net0'), added: [], removed: [], commands: [] };
  const openCommits = [{ logToken: 'earlier', confirmed: false, ports: [intent] }];
  await converge(device, request([target(P1, wanted)], { openCommits }), recordingContext());
  expect(device.asked).toEqual([[P1, '102/net0']]);
});
