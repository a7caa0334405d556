import type { JunosSwitch } from '../../../lab/junos';
import type { ClockReading } from '../../../src/domain/alarms/sourceState';
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
