import type { JunosSwitch } from '../../../lab/junos';
import { statementOf } from '../../../src/devices/junos/staticBinding';
import type { JunosSettings } from '../../../src/devices/junos/settings';
import type { Origin } from '../../../src/domain/change/origin';
import type { Statement } from '../../../src/domain/change/statement';
import { addressOf, deviceFor, quickSwitch } from './support';
import { ip, mac, port, vlan } from '../../activities/fakes/values';

/** Who brought a binding, by the switch's own commit history. */

const PORT = port('ge-0/0/1.0');
const KINDS = [
  [
    'ex3300-12.3',
    ['set vlans v13 vlan-id 13', 'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access'],
    'ethernet-switching-options secure-access-port interface ge-0/0/1.0',
    'vlan v13 ',
  ],
  [
    'ex4300-21',
    ['set vlans v13 vlan-id 13', 'set vlans v13 forwarding-options dhcp-security arp-inspection'],
    'vlans v13 forwarding-options dhcp-security group office interface ge-0/0/1.0',
    '',
  ],
] as const;

let lab: JunosSwitch;
afterEach(() => lab.close());

/** The binding of the port with the address 192.0.2.n. */
const binding = (n: number): Statement =>
  statementOf({ ip: ip(`192.0.2.${n}`), mac: mac(`02:00:00:00:00:${10 + n}`), vlanName: 'v13' }, vlan(13));

async function search(wanted: readonly Statement[], history: Partial<JunosSettings['history']> = {}) {
  const device = deviceFor(addressOf(lab), { history: { maxCommits: 50, timeoutMs: 60_000, ...history } });
  const originOf = await device.origins([{ port: PORT, statements: wanted }], new AbortController().signal);
  return wanted.map((one) => short(originOf?.(PORT, one)));
}

function short(origin: Origin | undefined): string {
  switch (origin?.found) {
    case 'commit':
      return `${origin.commit.user} ${origin.commit.method ?? ''} ${origin.commit.log ?? '-'}`;
    case 'older':
      return `older than ${origin.looked}, ${origin.than.user}`;
    default:
      return origin?.why ?? 'not searched for';
  }
}

describe.each(KINDS)('%s', (profile, configuration, path, inVlan) => {
  const set = (n: number): string => `set ${path} static-ip 192.0.2.${n} ${inVlan}mac 02:00:00:00:00:${10 + n}`;
  const gone = (n: number): string => `delete ${path} static-ip 192.0.2.${n}`;
  /** 1 was always there; ada brings 2 and 3, bob takes 3, carl brings it again, and portwarden's account 4. */
  async function start(): Promise<void> {
    lab = await quickSwitch(profile, [...configuration, set(1)]);
    const commit = (user: string, lines: readonly string[], log?: string, client: 'cli' | 'netconf' = 'cli'): void => {
      const session = lab.editAsOperator(lines, { user, client });
      session.commit(log);
      session.release();
    };
    commit('ada', [set(2), set(3)], 'ticket 12');
    commit('bob', [gone(3)]);
    commit('carl', [set(3)]);
    commit('portwarden', [set(4)], 'portwarden device:junos:1 batch 7', 'netconf');
    commit('ada', ['set system host-name other'], 'a name');
  }

  it('names the commit that brought what is there now, its author, way and log', async () => {
    await start();
    expect(await search([2, 3, 4, 1].map(binding))).toEqual([
      'ada cli ticket 12',
      'carl cli -',
      'portwarden netconf portwarden device:junos:1 batch 7',
      'older than 6, root',
    ]);
    expect([lab.sessions(), lab.isLocked(), lab.isCandidateDirty()]).toEqual([0, false, false]);
  });

  it('goes back no further than it may, and reads nothing older once everything is found', async () => {
    await start();
    const read: string[] = [];
    lab.events.on('rpc', ({ xml }) => read.push(...(/<rollback>(\d+)</.exec(xml)?.slice(1) ?? [])));
    expect(await search([4, 2].map(binding), { maxCommits: 3 })).toEqual([
      'portwarden netconf portwarden device:junos:1 batch 7',
      'older than 3, carl',
    ]);
    expect(read.splice(0)).toEqual(['0', '1', '2']);
    await search([binding(4)]);
    expect(read.splice(0)).toEqual(['0', '1', '2']);
    expect(await search([binding(2)], { timeoutMs: 0 })).toEqual(['older than 1, ada']);
    expect(read).toEqual(['0']);
  });

  it('names the commit that took what is not there now, and nobody where it never was, or is there again', async () => {
    await start();
    const session = lab.editAsOperator([gone(2)], { user: 'dan', client: 'cli' });
    session.commit('ticket 13');
    session.release();
    const device = deviceFor(addressOf(lab), { history: { maxCommits: 50, timeoutMs: 60_000 } });
    const wanted = [2, 9, 4].map(binding);
    const originOf = await device.origins([{ port: PORT, statements: [], gone: wanted }], new AbortController().signal);
    expect(wanted.map((one) => short(originOf?.(PORT, one)))).toEqual([
      'dan cli ticket 13',
      'older than 7, root',
      'it is there again by now',
    ]);
  });

  it('says nothing of what is not there', async () => {
    await start();
    expect(await search([binding(9)])).toEqual([expect.stringContaining('or is gone by now')]);
  });
});

describe('a search', () => {
  const [profile, configuration, path, inVlan] = KINDS[0];
  beforeEach(async () => {
    lab = await quickSwitch(profile, [
      ...configuration,
      `set ${path} static-ip 192.0.2.1 ${inVlan}mac 02:00:00:00:00:11`,
    ]);
  });

  it('says nothing when somebody commits meanwhile: the numbers mean other commits then', async () => {
    lab.events.once('reply', () => lab.editAsOperator(['set system host-name other'], { commit: true }));
    expect(await search([binding(1)])).toEqual([expect.stringContaining('was committed to while')]);
  });

  it.each(['get-commit-information', 'get-rollback-information'])('says so when %s is refused', async (rpc) => {
    lab.faults.replies.push({ rpc, times: 9, problems: [{ severity: 'error', message: 'permission denied' }] });
    expect(await search([binding(1)])).toEqual([expect.stringMatching(/may not see|does not give out/)]);
  });
});
