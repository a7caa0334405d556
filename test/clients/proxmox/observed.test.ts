import { verifyQuorum } from '../../../src/clients/proxmox/verification';
import { ProxmoxReader } from '../../../src/clients/proxmox/reader';
import type { SeenAnswer } from '../../../src/domain/alarms/sourceState';
import { closeAll, closeLater, identity, startLab, TOKEN } from '../../sources/proxmox/support';

afterEach(closeAll);

it('tells of each answer what it says of token and clock, and of hosts that do not answer nothing', async () => {
  const seen: SeenAnswer[] = [];
  const lab = await startLab();
  const reader = new ProxmoxReader({
    ...{ name: 'pve', hosts: lab.urls, token: TOKEN, ca: identity.caPem, timeoutMs: 5_000, concurrency: 1 },
    observe: (answer) => void seen.push(answer),
  });
  closeLater(() => {
    reader.close();
  });
  const ask = async (fault?: Parameters<typeof lab.addFault>[0]): Promise<readonly (string | undefined)[]> => {
    seen.length = 0;
    const mend = fault === undefined ? undefined : lab.addFault(fault);
    await verifyQuorum(reader).catch(() => undefined);
    mend?.();
    return seen.map(({ login }) => login);
  };
  expect(await ask()).toEqual(['accepted']);
  expect(Math.abs(seen[0]?.clock?.aheadMs ?? Number.NaN)).toBeLessThanOrEqual(seen[0]?.clock?.withinMs ?? -1);
  expect(await ask({ kind: 'unauthorized' })).toEqual(['refused']);
  expect(await ask({ kind: 'status', status: 403, reason: 'Permission check failed' })).toEqual(['forbidden']);
  expect(await ask({ kind: 'status', status: 500 })).toEqual([undefined]);
  expect(await ask({ kind: 'garbage' })).toEqual([undefined]);
  expect(await ask({ kind: 'drop' })).toEqual([]);
  expect(await ask()).toEqual(['accepted']);
});
