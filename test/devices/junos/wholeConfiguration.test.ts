import type { JunosSwitch } from '../../../lab/junos';
import { addressOf, deviceFor, quickSwitch } from './support';

const CONFIGURATION = [
  'set system host-name sw',
  'set vlans v100 vlan-id 100',
  'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 192.0.2.20 vlan v100 mac 02:00:00:00:00:20',
];

describe('the whole configuration of a switch', () => {
  let lab: JunosSwitch;
  beforeEach(async () => {
    lab = await quickSwitch('ex3300-12.3', CONFIGURATION);
  });
  afterEach(() => lab.close());

  test('is read without a lock, together with what every port lets through under it', async () => {
    const read = await deviceFor(addressOf(lab)).readConfiguration(AbortSignal.timeout(20_000));
    expect(read.text).toContain('host-name sw');
    expect(read.text).toContain('static-ip 192.0.2.20');
    expect(read.bindings).toMatchObject([
      { port: 'ge-0/0/2.0', statements: [{ ip: '192.0.2.20', mac: '02:00:00:00:00:20', vlan: 100 }] },
    ]);
  });
});
