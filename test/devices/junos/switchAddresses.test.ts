import { inspect } from 'node:util';
import { SwitchAddresses } from '../../../src/devices/junos/switchAddresses';

const MINUTE = 60_000;

it('asks the panel where a switch is once in five minutes, also while it does not say', async () => {
  let now = 0;
  let asked = 0;
  let isAway = true;
  const addresses = new SwitchAddresses(() => now);
  const of = () =>
    addresses.of({ switchId: 1 }, async () => {
      asked += 1;
      if (isAway) throw new Error('the panel is away');
      return { host: '192.0.2.1', username: 'robot', password: 'secret' };
    });
  expect([await of(), await of(), asked]).toEqual([undefined, undefined, 1]);
  now = 5 * MINUTE;
  isAway = false;
  expect([await of(), await of(), asked]).toEqual([
    { host: '192.0.2.1', port: 830 },
    { host: '192.0.2.1', port: 830 },
    2,
  ]);
  expect(inspect(addresses, { depth: 9, showHidden: true })).not.toContain('secret');
});

it('takes what is configured over what the panel says, and asks it nothing when that is all', async () => {
  const addresses = new SwitchAddresses(() => 0);
  const never = () => Promise.reject(new Error('not asked'));
  expect(await addresses.of({ switchId: 1, host: 'sw1', port: 830 }, never)).toEqual({ host: 'sw1', port: 830 });
  const panel = async () => ({ host: '192.0.2.2', port: 22 });
  expect(await addresses.of({ switchId: 2, port: 2222 }, panel)).toEqual({ host: '192.0.2.2', port: 2222 });
  expect(await addresses.of({ switchId: 3, host: 'sw3' }, panel)).toEqual({ host: 'sw3', port: 22 });
});
