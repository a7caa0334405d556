import type { JunosSwitch } from '../../../lab/junos';
import type { Convergence } from '../../../src/devices/pass/convergence';
import { addressOf, bind, deviceFor, outcomeOf, quickSwitch, recordingContext, request, target } from './support';

const OWN = '02:00:00:00:00:0c';
const VLAN = ['set vlans v100 vlan-id 100', 'set ethernet-switching-options storm-control interface all'];
const PORT = 'ge-0/0/1.0';

let lab: JunosSwitch | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function pass(rules: Parameters<typeof quickSwitch>[2], ...ips: [string, string][]): Promise<Convergence> {
  lab = await quickSwitch('ex3300-12.3', VLAN, rules);
  const device = deviceFor(addressOf(lab), { confirmedCommit: 'never' });
  const desired = ips.map(([ip, mac]) => bind(ip, mac, 100));
  return device.converge(request([target(PORT, desired)]), recordingContext());
}

test.each([true, false])(
  'a second binding with one MAC on a port is refused with the remedy (named: %s)',
  async (namePath) => {
    const result = await pass({ sameMacTwice: 'refuse', namePath }, ['192.0.2.5', OWN], ['192.0.2.6', OWN]);
    expect(outcomeOf(result, PORT)).toMatchObject({
      status: 'failed',
      error: {
        code: 'device-duplicate-mac',
        remedy: expect.stringContaining('additionalAddresses: virtual-mac') as string,
      },
    });
  },
);

test('with a MAC of its own the same switch takes it', async () => {
  const result = await pass({ sameMacTwice: 'refuse' }, ['192.0.2.5', OWN], ['192.0.2.6', '02:00:00:00:00:0d']);
  expect(outcomeOf(result, PORT)).toMatchObject({ status: 'applied' });
});

test('a MAC that another port has is another refusal: virtual MACs do not help there', async () => {
  lab = await quickSwitch('ex3300-12.3', VLAN, { duplicateMac: 'refuse' });
  const device = deviceFor(addressOf(lab), { confirmedCommit: 'never' });
  const targets = [PORT, 'ge-0/0/2.0'].map((port, n) => target(port, [bind(`192.0.2.${5 + n}`, OWN, 100)]));
  const result = await device.converge(request(targets), recordingContext());
  expect(result.ports.map(({ error }) => error?.code)).toContain('device-rejected');
});
