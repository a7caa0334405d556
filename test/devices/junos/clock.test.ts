import type { JunosSwitch } from '../../../lab/junos';
import type { ClockReading } from '../../../src/domain/alarms/sourceState';
import type { Reading } from '../../../src/devices/device';
import { addressOf, bind, deviceFor, quickSwitch, recordingContext, request, target } from './support';

const MINUTE = 60_000;
const CONFIGURATION = ['set vlans v100 vlan-id 100'];
let lab: JunosSwitch;
afterEach(() => lab.close());

it.each([
  ['agrees', 0],
  ['is 15 minutes ahead', 15 * MINUTE],
  ['is 15 minutes behind', -15 * MINUTE],
])('a clock of the switch that %s is told where it is read for a confirmed commit', async (_how, clockSkewMs) => {
  lab = await quickSwitch('ex3300-12.3', CONFIGURATION, {
    clockSkewMs,
    commitLog: { comments: true, pendingMark: false },
  });
  const clocks: ClockReading[] = [];
  const device = deviceFor(addressOf(lab), { confirmedCommit: 'always' }, { onClock: (clock) => clocks.push(clock) });
  const pass = (ip: string): Promise<unknown> =>
    device.converge(request([target('ge-0/0/1.0', [bind(ip, '02:00:00:00:00:10', 100)])]), recordingContext());
  // Somebody's confirmed commit whose comment may mean that it still waits: only the clock tells.
  lab.editAsOperator(['set vlans v900 vlan-id 900'], { user: 'alice' }).commitConfirmed(10);
  await expect(pass('192.0.2.11')).rejects.toMatchObject({ code: 'device-busy' });
  expect(clocks.length).toBeGreaterThan(0);
  for (const { aheadMs, withinMs } of clocks) expect(Math.abs(aheadMs - clockSkewMs)).toBeLessThanOrEqual(withinMs);
});

describe('a switch that is only looked at', () => {
  const look = async (
    reading: Reading,
  ): Promise<{ readonly clocks: readonly ClockReading[]; readonly ports: number }> => {
    const clocks: ClockReading[] = [];
    const device = deviceFor(addressOf(lab), {}, { onClock: (clock) => clocks.push(clock) });
    const state = await device.readState(AbortSignal.timeout(60_000), reading);
    return { clocks, ports: state.boundPorts().length };
  };
  beforeEach(async () => {
    lab = await quickSwitch('ex3300-12.3', [
      ...CONFIGURATION,
      'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.1 vlan v100 mac 02:00:00:00:00:01',
    ]);
    lab.faults.clockSkewMs = -15 * MINUTE;
  });

  it('has its clock told where somebody wants it, and only there', async () => {
    const { clocks } = await look({ withClock: true });
    expect(clocks).toHaveLength(1);
    for (const { aheadMs, withinMs } of clocks) expect(Math.abs(aheadMs + 15 * MINUTE)).toBeLessThanOrEqual(withinMs);
    expect((await look({})).clocks).toEqual([]);
  });

  it('has it told with each backup', async () => {
    const clocks: ClockReading[] = [];
    const device = deviceFor(addressOf(lab), {}, { onClock: (clock) => clocks.push(clock) });
    await device.readConfiguration(AbortSignal.timeout(60_000));
    expect(clocks).toHaveLength(1);
  });

  it('is read all the same when its clock is not', async () => {
    lab.faults.triggers.push({ on: 'rpc:get-system-uptime-information', do: 'drop', times: 1 });
    expect(await look({ withClock: true })).toEqual({ clocks: [], ports: 1 });
  });
});
