import { parseConfiguration } from '../../src/config';
import { PortwardenError } from '../../src/domain/errors';

const PANEL = 'panel: { url: https://panel.example.com }\n';
const ENV = { PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789', TENANTOS_API_KEY: 'key-0123456789' };
const PIN = `'${'ab'.repeat(32)}'`;
const env = { ...ENV, C1_TOKEN: 'portwarden@pve!ro=00000000-0000-0000-0000-000000000000' };

function problems(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    expect(error.code).toBe('invalid-configuration');
    const listed = error.details['problems'];
    if (!Array.isArray(listed)) throw new Error('no problems listed');
    for (const problem of listed as string[]) expect(error.message).toContain(problem);
    return listed as string[];
  }
  throw new Error('the configuration was accepted');
}

describe('uplinks', () => {
  const cluster = (lines: string, name = 'c1'): string =>
    `    - { name: ${name}, hosts: [https://${name}.example.com:8006], tokenEnv: C1_TOKEN, fingerprints: [${PIN}], ${lines} }\n`;
  const uplinks = (...clusters: string[]) =>
    parseConfiguration(`${PANEL}proxmox:\n  clusters:\n${clusters.join('')}`, {
      file: '/site/portwarden.yaml',
      cwd: '/site',
      env,
      role: 'all',
    }).proxmox.clusters;
  const wrong = (...clusters: string[]): readonly string[] => problems(() => uplinks(...clusters));

  test('are one port for every bridge, or a list with bridges or bonds, ports on several switches, native VLAN and MAC', () => {
    const [one] = uplinks(
      cluster(`uplinks: {
        pve1: { switch: 2, port: ae0, nativeVlan: 13 },
        pve2: [
          { bridges: [vmbr0], ports: [{ switch: 2, port: ae1 }, { switch: 3, port: ae1 }], nativeVlan: 13, mac: 'AA-BB-CC-00-00-02' },
          { bridges: [bond1, vmbr7], ports: [{ switch: 4, port: xe-0/0/1 }] },
          { ports: [{ switch: 4, port: xe-0/0/2 }] } ] },
        nodes: { pve3: { panelServerId: 203 }, pve4: { panelServerName: hv-04 } }`),
    );
    expect(one?.uplinks.get('pve1')).toMatchObject([{ ports: [{ switchId: 2, port: 'ae0' }], nativeVlan: 13 }]);
    expect(one?.uplinks.get('pve2')).toMatchObject([
      {
        interfaces: ['vmbr0'],
        ports: [
          { switchId: 2, port: 'ae1' },
          { switchId: 3, port: 'ae1' },
        ],
        mac: 'aa:bb:cc:00:00:02',
        where: expect.stringMatching(/^portwarden\.yaml:7:/) as unknown,
      },
      { interfaces: ['bond1', 'vmbr7'], ports: [{ switchId: 4, port: 'xe-0/0/1' }] },
      { ports: [{ switchId: 4, port: 'xe-0/0/2' }] },
    ]);
    expect([...(one?.panelEntries ?? [])]).toEqual([
      ['pve3', { serverId: 203 }],
      ['pve4', { name: 'hv-04' }],
    ]);
  });

  test.each([
    [
      'the same port for two nodes',
      '{ pve1: { switch: 2, port: ae0 }, pve2: { switch: 2, port: ae0.0 } }',
      'is the uplink of pve1',
    ],
    [
      'the same port twice for a node',
      '{ pve1: [{ bridges: [vmbr0], ports: [{ switch: 2, port: ae0 }] }, { ports: [{ switch: 2, port: ae0 }] }] }',
      'twice for the node',
    ],
    [
      'a bridge in two uplinks',
      '{ pve1: [{ bridges: [vmbr0], ports: [{ switch: 2, port: ae0 }] }, { bridges: [vmbr0], ports: [{ switch: 2, port: ae1 }] }] }',
      'is in an earlier uplink',
    ],
    [
      'two uplinks for every bridge',
      '{ pve1: [{ ports: [{ switch: 2, port: ae0 }] }, { ports: [{ switch: 2, port: ae1 }] }] }',
      'needs bridges',
    ],
    [
      'shared with another native VLAN',
      '{ pve1: { switch: 2, port: ae0, shared: true, nativeVlan: 1 }, pve2: { switch: 2, port: ae0, shared: true } }',
      'another nativeVlan',
    ],
    ['an unknown option of the short form', '{ pve1: { switch: 2, port: ae0, bridge: vmbr0 } }', 'is not an option'],
    [
      'an unknown option of the long form',
      '{ pve1: [{ bridge: [vmbr0], ports: [{ switch: 2, port: ae0 }] }] }',
      'did you mean bridges?',
    ],
    ['no port', '{ pve1: [{ bridges: [vmbr0], ports: [] }] }', 'must name at least one port'],
    ['neither form', '{ pve1: ae0 }', 'must be'],
  ])('are refused with the line: %s', (_name, text, rule) => {
    expect(wrong(cluster(`uplinks: ${text}`))).toEqual([
      expect.stringMatching(/^portwarden\.yaml:\d+:\d+ proxmox\.clusters\[0\]\.uplinks\.pve/),
    ]);
    expect(wrong(cluster(`uplinks: ${text}`)).join()).toContain(rule);
  });

  test('of two clusters may not meet on a port unless both say so', () => {
    const one = (extra: string) => `uplinks: { pve1: { switch: 2, port: ae0${extra} } }`;
    expect(wrong(cluster(one('')), cluster(one(', shared: true'), 'c2'))).toEqual([
      expect.stringContaining('is the uplink of pve1 of c1; say shared: true at both'),
    ]);
    expect(uplinks(cluster(one(', shared: true')), cluster(one(', shared: true'), 'c2'))).toHaveLength(2);
  });

  test.each([
    ['both id and name', '{ pve1: { panelServerId: 1, panelServerName: hv } }', 'must have either'],
    [
      'one entry for two nodes',
      '{ pve1: { panelServerId: 1 }, pve2: { panelServerId: 1 } }',
      'names the entry of pve1 of c1 again',
    ],
    ['one name for two nodes', '{ pve1: { panelServerName: hv }, pve2: { panelServerName: HV } }', 'again'],
    [
      'a node whose uplinks are configured',
      '{ pve9: { panelServerId: 1 } }, uplinks: { pve9: { switch: 1, port: ae9 } }',
      'has no effect',
    ],
  ])('panel entries are refused with the line: %s', (_name, text, rule) => {
    expect(wrong(cluster(`nodes: ${text}`))).toEqual([
      expect.stringMatching(/^portwarden\.yaml:\d+:\d+ proxmox\.clusters\[0\]\.nodes\./),
    ]);
    expect(wrong(cluster(`nodes: ${text}`)).join()).toContain(rule);
  });
});
