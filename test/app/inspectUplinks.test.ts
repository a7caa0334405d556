import { startProxmoxLab, type ProxmoxLab } from '../../lab/proxmox/lab';
import { inspectConfiguredUplinks } from '../../src/app/inspectUplinks';
import { parseConfiguration } from '../../src/config';

const TOKEN = 'portwarden@pve!lab=0a1b2c3d-0000-4000-8000-00000000cafe';
let lab: ProxmoxLab;

beforeAll(async () => {
  const bridges = [
    { iface: 'vmbr0', vlanAware: true, ports: 'bond0' },
    { iface: 'vmbr1', vlanAware: true, ports: 'bond1' },
  ];
  const nodes = ['pve1', 'pve2'].map((name) => ({ name, bridges }));
  lab = await startProxmoxLab({ world: { name: 'pve', nodes, guests: [] }, tokens: [TOKEN], tls: false });
});
afterAll(() => lab.close());

const inspect = (uplinks: string, further = '') =>
  inspectConfiguredUplinks(
    parseConfiguration(
      `panel: { url: https://panel.example.com }
proxmox:
  clusters:
    - name: pve
      hosts: [${lab.urls[0] ?? ''}]
      tokenEnv: TOKEN
      uplinks:
${uplinks}${further}`,
      {
        file: '/site/portwarden.yaml',
        cwd: '/site',
        env: { PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789', TENANTOS_API_KEY: 'key-0123456789', TOKEN },
        role: 'doctor',
      },
    ),
  );

it('shows where each bridge leads, and that nothing is wrong', async () => {
  const { text, healthy } = await inspect('        pve1: { switch: 2, port: ae0 }\n');
  expect(text).toContain('vmbr1 by bond1, eno1, eno2 → junos:2 ae0');
  expect(text).toContain('pve2: its ports are those of its entry in the panel');
  expect(healthy).toBe(true);
});

it('names what a node or the cluster does not have with the line of the file', async () => {
  const { text, healthy } = await inspect(
    '        pve1: [{ bridges: [vmbr0, bond9], ports: [{ switch: 2, port: ae0 }] }]\n        pve7: { switch: 2, port: ae7 }\n',
  );
  expect(text).toMatch(/WRONG portwarden\.yaml:8:\d+: pve1 has no bond9; it has bond0/);
  expect(text).toMatch(/WRONG portwarden\.yaml:8:\d+: of pve1: no configured uplink names vmbr1/);
  expect(text).toMatch(/WRONG portwarden\.yaml:9:\d+: pve has no node pve7; it has pve1, pve2/);
  expect(text).not.toContain(TOKEN);
  expect(healthy).toBe(false);
});

it('a node that does not answer is a finding', async () => {
  lab.addFault({ kind: 'status', status: 595, reason: 'No route to host', path: '/nodes/pve1/network', times: 1 });
  const { text, healthy } = await inspect('        pve1: { switch: 2, port: ae0 }\n');
  expect([healthy, text]).toEqual([false, expect.stringContaining('WRONG proxmox-')]);
});

it('nodes of one name in two clusters are a finding unless one of them is named', async () => {
  const second = (more: string) =>
    `    - name: second\n      hosts: [${lab.urls[0] ?? ''}]\n      tokenEnv: TOKEN\n${more}`;
  const uplink = '        pve1: { switch: 2, port: ae0 }\n';
  const found = await inspect(uplink, second(''));
  expect(found.healthy).toBe(false);
  expect(found.text).toContain('WRONG pve and second have a node pve2 each');
  expect(found.text).not.toContain('node pve1 each');
  const named = await inspect(uplink, second('      nodes: { pve2: { panelServerName: other-2 } }\n'));
  expect([named.healthy, named.text]).toEqual([true, expect.not.stringContaining('each') as unknown]);
});
