import { ProxmoxFirewallDevice } from '../../../src/devices/proxmoxFirewall/proxmoxFirewallDevice';
import { DEFAULT_FILTER_SETTINGS } from '../../../src/devices/proxmoxFirewall/settings';
import { preview } from '../../../src/devices/pass/preview';
import { parseAddressPair } from '../../../src/domain/policies/addressPair';
import { parseCidr, parseIp } from '../../../src/domain/values/ip';
import type { PortName } from '../../../src/domain/values/port';
import { parseVlanId } from '../../../src/domain/values/vlan';
import { AN_HOUR_LATER, NOON, PolicySite } from '../policySite';
import { bind, outcomeOf, request, target } from '../support';
import { EMPTY, FIRST, SECOND, startCluster, type FilteredCluster } from './cluster';

const MAC = 'bc:24:11:00:01:00';
const want = (port: PortName, ...ips: readonly string[]) =>
  target(
    port,
    ips.map((ip) => bind(ip, MAC, 100)),
    { removals: { named: [], absent: [] } },
  );
/** What others have typed in the filter of the first NIC, as they spelled it. */
const OTHERS = [
  { cidr: '192.0.2.10/32', comment: 'web' },
  { cidr: '198.51.100.0/24' },
  { cidr: '198.51.100.7', nomatch: 1 as const },
  { cidr: 'dc/office' },
];

let cluster: FilteredCluster;
let site: PolicySite;
beforeAll(async () => {
  cluster = await startCluster();
});
beforeEach(() => {
  site = new PolicySite(cluster.device);
  sets().clear();
  cluster.put(FIRST, OTHERS);
  cluster.put(SECOND, ['192.0.2.20']);
});
const ends: (() => void)[] = [];
const onRequest = (listener: (path: string) => void): void => void ends.push(cluster.lab.onRequest(listener));
afterEach(() => {
  for (const end of ends.splice(0)) end();
  delete cluster.lab.cluster.firewall(101).options['ipfilter'];
});
afterAll(() => cluster.stop());

const sets = () => cluster.lab.cluster.firewall(101).sets;
const aside = (nic: number): string[] | undefined =>
  sets()
    .get(`portwarden-off-net${nic}`)
    ?.entries.map(({ cidr }) => cidr);
const everything = (): string => JSON.stringify([...sets()].sort(([a], [b]) => (a < b ? -1 : 1)));
const off = (port: PortName, expiresAt?: Date) =>
  site.policy(port, { portSecurity: 'off', ...(expiresAt === undefined ? {} : { expiresAt }) });
const lost = (path: RegExp): void => {
  cluster.lab.addFault({ kind: 'drop', method: 'POST', carriedOut: true, times: 1, path: path.source });
};

describe('port security off', () => {
  it('puts the filter aside, whole and in one request, until its end; other NICs stay byte for byte', async () => {
    const before = everything();
    const second = JSON.stringify(sets().get('ipfilter-net1'));
    site.policies = [off(FIRST, AN_HOUR_LATER)];
    const shown = await site.preview([want(FIRST, '192.0.2.10'), want(SECOND, '192.0.2.20')]);
    cluster.lab.forgetRequests();
    const done = await site.pass([want(FIRST, '192.0.2.10'), want(SECOND, '192.0.2.20')]);
    expect(shown.commands.difference).toEqual([
      'pvesh create /nodes/pve1/qemu/101/firewall/ipset --name portwarden-off-net0 --rename ipfilter-net0',
    ]);
    expect(done.commands).toEqual(shown.commands.difference);
    expect(shown.ports[0]?.policy?.remarks).toEqual([
      'port security of 101/net0 is off: its filter is put aside as portwarden-off-net0, so it may send from every IPv4 and IPv6 address and answer ARP for any, with its own MAC alone, as before (macfilter); entries are kept up to date there, and come back with it in one step',
      'other NICs of the guest stay as they are: 101/net1; 101/net2, without a filter',
    ]);
    expect([outcomeOf(done, FIRST).status, outcomeOf(done, SECOND).status]).toEqual(['applied', 'unchanged']);
    expect(cluster.lab.requests().filter(({ method }) => method !== 'GET')).toHaveLength(1);
    expect([cluster.cidrs(FIRST), aside(0)]).toEqual([undefined, OTHERS.map(({ cidr }) => cidr)]);
    expect(JSON.stringify(sets().get('ipfilter-net1'))).toBe(second);
    const again = outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST);
    expect([again.status, again.remarks]).toEqual([
      'unchanged',
      ['accepted by Proxmox, not enforced: its filter is put aside as portwarden-off-net0'],
    ]);

    site.at = new Date(AN_HOUR_LATER.getTime() + 1);
    expect(outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST).status).toBe('applied');
    expect([everything(), site.memories.size]).toEqual([before, 0]);
  });

  it('what the panel gives and takes meanwhile is in it when it comes back', async () => {
    site.policies = [off(SECOND)];
    await site.pass([want(SECOND, '192.0.2.20')]);
    const removals = { named: [parseIp('192.0.2.20')], absent: [] };
    await site.pass([{ ...want(SECOND, '192.0.2.21'), removals }]);
    expect([cluster.cidrs(SECOND), aside(1)]).toEqual([undefined, ['192.0.2.21']]);
    site.policies = [];
    await site.pass([want(SECOND, '192.0.2.21', '192.0.2.22')]);
    expect([cluster.cidrs(SECOND), aside(1)]).toEqual([['192.0.2.22', '192.0.2.21'], undefined]);
  });

  it('an empty filter comes back empty: it is never opened by being emptied, nor filled by being brought back', async () => {
    cluster.put(EMPTY, []);
    site.policies = [off(EMPTY)];
    await site.pass([want(EMPTY)]);
    expect([cluster.cidrs(EMPTY), aside(2)]).toEqual([undefined, []]);
    site.policies = [];
    await site.pass([want(EMPTY)]);
    expect([cluster.cidrs(EMPTY), aside(2)]).toEqual([[], undefined]);
  });

  it('a NIC without a filter gets none while it is off', async () => {
    site.policies = [off(EMPTY)];
    const done = outcomeOf(await site.pass([want(EMPTY, '192.0.2.30')]), EMPTY);
    expect(done).toMatchObject({ status: 'unchanged', excluded: [{ rule: 'suspended-by-policy' }] });
    expect(done.policy?.remarks).toEqual([expect.stringContaining('it has no filter')]);
    expect([cluster.cidrs(EMPTY), aside(2)]).toEqual([undefined, undefined]);
    site.policies = [];
    await site.pass([want(EMPTY, '192.0.2.30')]);
    expect(cluster.cidrs(EMPTY)).toEqual(['192.0.2.30']);
  });

  it('is not followed where a NIC without a set is cut off; a filter that was put aside before is put back', async () => {
    const { options } = cluster.lab.cluster.firewall(101);
    site.policies = [off(FIRST)];
    await site.pass([want(FIRST, '192.0.2.10')]);
    options['ipfilter'] = 1;
    for (let pass = 0; pass < 2; pass += 1) {
      const done = outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST);
      expect(done.policy?.refused).toMatchObject([
        { code: 'policy-not-enforceable', message: expect.stringContaining('ipfilter of the guest is on') as string },
      ]);
      expect([cluster.cidrs(FIRST)?.length, aside(0)]).toEqual([OTHERS.length, undefined]);
    }
  });

  it('is not followed where the panel manages firewalls: nothing but members of filters is ours there', async () => {
    const settings = { ...DEFAULT_FILTER_SETTINGS, panelManagesFirewalls: true };
    site = new PolicySite(new ProxmoxFirewallDevice(cluster.device.id, cluster.client, settings));
    cluster.put(FIRST, ['192.0.2.10']);
    site.policies = [off(FIRST)];
    const done = outcomeOf(await site.pass([want(FIRST, '192.0.2.10', '192.0.2.11')]), FIRST);
    expect(done).toMatchObject({ status: 'applied', policy: { refused: [{ code: 'policy-not-enforceable' }] } });
    expect([cluster.cidrs(FIRST), aside(0)]).toEqual([['192.0.2.11', '192.0.2.10'], undefined]);
  });

  it('a filter that somebody makes meanwhile counts, and both are named until one is deleted', async () => {
    site.policies = [off(FIRST)];
    await site.pass([want(FIRST, '192.0.2.10')]);
    cluster.put(FIRST, ['203.0.113.1']);
    const both = outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST);
    expect(both.policy?.refused).toMatchObject([{ code: 'policy-not-enforceable' }]);
    expect(both.remarks.join()).toContain('portwarden-off-net0 was put aside and is left beside ipfilter-net0');
    expect([cluster.cidrs(FIRST), aside(0)]).toEqual([['192.0.2.10', '203.0.113.1'], OTHERS.map(({ cidr }) => cidr)]);
    sets().delete('ipfilter-net0');
    expect(outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST).status).toBe('unchanged');
    site.policies = [];
    await site.pass([want(FIRST, '192.0.2.10')]);
    expect([cluster.cidrs(FIRST), aside(0)]).toEqual([OTHERS.map(({ cidr }) => cidr), undefined]);
  });

  it('a filter put aside of which nothing is remembered stays and is told; port security on brings it back', async () => {
    site.policies = [off(FIRST)];
    await site.pass([want(FIRST, '192.0.2.10')]);
    site.memories.clear();
    site.policies = [];
    const done = outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST);
    expect([done.status, done.remarks.join()]).toEqual(['unchanged', expect.stringContaining('put aside')]);
    site.policies = [site.policy(FIRST, { portSecurity: 'on' })];
    await site.pass([want(FIRST, '192.0.2.10')]);
    expect([cluster.cidrs(FIRST)?.length, aside(0)]).toEqual([OTHERS.length, undefined]);
  });
});

describe('cut off in the middle', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'after %i requests: the filter is in one of the two places, and the next pass goes on',
    async (requests) => {
      const before = everything();
      for (const policies of [[off(FIRST)], []]) {
        site.policies = policies;
        const controller = new AbortController();
        let left = requests;
        onRequest(() => {
          left -= 1;
          if (left === 0) controller.abort();
        });
        await site.pass([want(FIRST, '192.0.2.10')], { signal: controller.signal }).catch(() => undefined);
        expect([cluster.cidrs(FIRST), aside(0)].filter((one) => one !== undefined)).toEqual([
          OTHERS.map(({ cidr }) => cidr),
        ]);
        await site.pass([want(FIRST, '192.0.2.10')]);
        expect(cluster.cidrs(FIRST) === undefined).toBe(policies.length > 0);
      }
      expect([everything(), site.memories.size]).toEqual([before, 0]);
    },
  );

  it('an answer that is lost is looked for: the filter may have been put aside, and back', async () => {
    const before = everything();
    site.policies = [off(FIRST)];
    lost(/firewall\/ipset$/);
    expect(outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST).status).toBe('applied');
    expect(aside(0)).toHaveLength(OTHERS.length);
    site.policies = [];
    lost(/firewall\/ipset$/);
    expect(outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST).status).toBe('applied');
    expect(everything()).toBe(before);
  });

  it('whoever changes the list of sets in that moment is seen, and the filter is moved all the same', async () => {
    site.policies = [off(FIRST)];
    let writes = 0;
    onRequest((path) => {
      if (!path.endsWith('/firewall/ipset')) return;
      writes += 1;
      if (writes === 2) sets().set('office', { entries: [] });
    });
    expect(outcomeOf(await site.pass([want(FIRST, '192.0.2.10')]), FIRST).status).toBe('applied');
    expect([aside(0)?.length, sets().has('office')]).toEqual([OTHERS.length, true]);
  });

  it('a guest that is not listed for a while is not forgotten: its filter comes back with the end of the policy', async () => {
    const before = everything();
    site.policies = [off(FIRST)];
    await site.pass([want(FIRST, '192.0.2.10')]);
    site.policies = [];
    cluster.lab.addFault({ kind: 'garbage', body: '{"data":[]}', path: '^/cluster/resources' });
    await site.pass([want(FIRST, '192.0.2.10')]);
    cluster.lab.clearFaults();
    expect(site.memories.size).toBe(1);
    await site.pass([want(FIRST, '192.0.2.10')]);
    expect([everything(), site.memories.size]).toEqual([before, 0]);
  });

  it('nothing is put aside that cannot be remembered', async () => {
    site.policies = [off(FIRST)];
    const failing = site.pass([want(FIRST, '192.0.2.10')], {
      onRemember: () => Promise.reject(new Error('the store is away')),
    });
    await expect(failing).rejects.toThrow('the store is away');
    expect(cluster.cidrs(FIRST)).toHaveLength(OTHERS.length);
  });
});

describe('further addresses', () => {
  const pairs = (...addresses: readonly string[]) => addresses.map((address) => parseAddressPair({ address }));

  it('are entries of the filter, a range as one, and go with their policy', async () => {
    const before = JSON.stringify(sets().get('ipfilter-net1'));
    site.policies = [
      site.policy(SECOND, { allowedAddressPairs: pairs('10.10.10.0/24', '2001:db8:1::/64', '203.0.113.7') }),
    ];
    expect(outcomeOf(await site.pass([want(SECOND, '192.0.2.20')]), SECOND).status).toBe('applied');
    expect(cluster.cidrs(SECOND)?.sort()).toEqual(['10.10.10.0/24', '192.0.2.20', '2001:db8:1::/64', '203.0.113.7']);
    expect(outcomeOf(await site.pass([want(SECOND, '192.0.2.20')]), SECOND).status).toBe('unchanged');
    site.policies = [];
    await site.pass([want(SECOND, '192.0.2.20')]);
    expect(JSON.stringify(sets().get('ipfilter-net1'))).toBe(before);
  });

  it('that somebody typed with host bits are there already: the kernel takes a range once', async () => {
    cluster.put(SECOND, ['192.0.2.20', '10.10.10.11/24']);
    site.policies = [site.policy(SECOND, { allowedAddressPairs: pairs('10.10.10.0/24') })];
    expect(outcomeOf(await site.pass([want(SECOND, '192.0.2.20')]), SECOND).status).toBe('unchanged');
  });

  it('begin no first filter by themselves, nor while an address of the sources is in doubt', async () => {
    site.policies = [site.policy(EMPTY, { allowedAddressPairs: pairs('10.10.10.0/24') })];
    const alone = outcomeOf(await site.pass([want(EMPTY)]), EMPTY);
    expect([alone.status, cluster.cidrs(EMPTY), alone.policy?.remarks.join()]).toEqual([
      'unchanged',
      undefined,
      expect.stringContaining('begins no first one'),
    ]);
    const doubtful = { ...want(EMPTY, '192.0.2.30'), retainIps: [parseIp('192.0.2.31')] };
    const held = outcomeOf(await site.pass([doubtful]), EMPTY);
    expect(held).toMatchObject({ status: 'unchanged', excluded: [{ rule: 'first-statement' }] });
    expect(cluster.cidrs(EMPTY)).toBeUndefined();
    await site.pass([want(EMPTY, '192.0.2.30')]);
    expect(cluster.cidrs(EMPTY)?.sort()).toEqual(['10.10.10.0/24', '192.0.2.30']);
  });

  it('with a MAC that is not the NIC’s, and ranges of everything, are told and hold up nothing else', async () => {
    const given = [
      { address: parseIp('203.0.113.7'), mac: bind('192.0.2.1', '02:00:00:00:00:99', 1).mac },
      { address: parseIp('203.0.113.8'), mac: bind('192.0.2.1', 'bc:24:11:00:01:01', 1).mac },
      { address: parseCidr('0.0.0.0/0') },
    ];
    site.policies = [site.policy(SECOND, { allowedAddressPairs: given })];
    const done = outcomeOf(await site.pass([want(SECOND, '192.0.2.20')]), SECOND);
    expect(done.policy?.refused.map(({ message }) => message)).toEqual([
      expect.stringContaining('Proxmox takes no range of all addresses'),
      expect.stringContaining('net1 has bc:24:11:00:01:01, and a set names addresses without MACs'),
    ]);
    expect(cluster.cidrs(SECOND)).toEqual(['203.0.113.8', '192.0.2.20']);
  });

  it('of another VLAN than that of the NIC are told, and let through by none', async () => {
    const [pair] = pairs('203.0.113.7');
    if (pair === undefined) throw new Error('no pair');
    for (const [vlan, expected] of [
      [100, ['203.0.113.7', '192.0.2.20']],
      [200, ['192.0.2.20']],
    ] as const) {
      site.policies = [site.policy(SECOND, { allowedAddressPairs: [{ ...pair, vlan: parseVlanId(vlan) }] })];
      const done = outcomeOf(await site.pass([want(SECOND, '192.0.2.20')]), SECOND);
      expect([cluster.cidrs(SECOND), done.policy?.refused.length]).toEqual([expected, vlan === 100 ? 0 : 1]);
    }
  });

  it('exclusive takes what nobody stands for, and brings ranges and exceptions back', async () => {
    site.policies = [site.policy(FIRST, { allowedAddressPairs: pairs('203.0.113.7'), exclusive: true })];
    await site.pass([want(FIRST, '192.0.2.10')]);
    expect(cluster.cidrs(FIRST)).toEqual(['203.0.113.7', '192.0.2.10/32']);
    site.policies = [];
    await site.pass([want(FIRST, '192.0.2.10')]);
    const meaning = (entries: readonly { readonly cidr: string; readonly nomatch?: 1 }[] = []): string[] =>
      entries.map(({ cidr, nomatch }) => `${nomatch === 1 ? '!' : ''}${cidr}`).sort();
    expect(meaning(sets().get('ipfilter-net0')?.entries)).toEqual(meaning(OTHERS));
  });
});

test('security groups are an error that says so, and addresses go on', async () => {
  site.policies = [site.policy(SECOND, { securityGroups: ['web'] })];
  const done = outcomeOf(await site.pass([want(SECOND, '192.0.2.20', '192.0.2.21')]), SECOND);
  expect(done).toMatchObject({
    status: 'applied',
    policy: {
      refused: [{ code: 'policy-not-enforceable', message: expect.stringContaining('never portwarden') as string }],
    },
  });
});

test('a reading is enough for a preview: it asks nothing more', async () => {
  site.policies = [off(FIRST)];
  const state = await cluster.device.readState(new AbortController().signal);
  const shown = preview(
    state,
    request([want(FIRST, '192.0.2.10')], { policies: { ...site.ofDevice(), at: NOON } }),
    [],
  );
  expect(shown.ports[0]?.added.map(({ key }) => key)).toEqual(['ip-filter|off']);
});
