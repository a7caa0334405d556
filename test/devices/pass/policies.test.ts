import { converge } from '../../../src/devices/pass/converge';
import type { PoliciesOfDevice } from '../../../src/devices/pass/request';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';
import { GateSite } from '../memory/gates';
import { MemoryDevice } from '../memory/memoryDevice';
import { bind, codeOf, outcomeOf, recordingContext, request, target } from '../support';

const PORT = '3f0c1f6e-0000-4000-8000-00000000000a';
const DEVICE = deviceId('memory', 'site-1');
const NOW = new Date('2026-11-29T12:00:00Z');

const policies: PoliciesOfDevice = {
  device: DEVICE,
  policies: [
    {
      scope: { kind: 'device', device: DEVICE },
      portSecurity: 'off',
      reason: 'test',
      author: 'ada',
      createdAt: NOW,
    },
  ],
  at: NOW,
  memories: new Map(),
};

function site(): { readonly device: MemoryDevice; readonly site: GateSite } {
  const gates = new GateSite();
  gates.seed(PORT, 'first');
  return { device: new MemoryDevice(DEVICE, gates), site: gates };
}

it('a kind that carries no policies out says so; its bindings go on', async () => {
  const { device } = site();
  const asked = request([target(PORT, [bind('192.0.2.10', '02:00:00:00:00:10', 100)])], { policies });
  const outcome = outcomeOf(
    await converge(device, asked, recordingContext({ onRemember: () => Promise.resolve() })),
    parsePortName(PORT),
  );
  expect(outcome.status).toBe('applied');
  expect(outcome.policy).toMatchObject({
    from: [`device ${DEVICE}`],
    says: [`port security off by the policy of device ${DEVICE} (ada: "test")`],
    refused: [{ code: 'policy-unsupported' }],
  });
});

it('policies without anybody who remembers are a fault of ours, before anything is written', async () => {
  const { device, site: gates } = site();
  const asked = request([target(PORT, [bind('192.0.2.10', '02:00:00:00:00:10', 100)])], { policies });
  expect(await codeOf(converge(device, asked, recordingContext()))).toBe('internal');
  expect(gates.writes).toBe(0);
});
