import { NeutronClient } from '../../../src/clients/openstack/neutron';
import type { CloudLogin, CloudOptions } from '../../../src/clients/openstack/options';
import type { ProjectSettings } from '../../../src/devices/neutron/configuration';
import { ALL_ATTRIBUTES } from '../../../src/devices/neutron/ownedAttributes';
import { inspectProject } from '../../../src/devices/neutron/inspection/inspection';
import { parseServerId } from '../../../src/domain/event/event';
import { parsePortName } from '../../../src/domain/values/port';
import { Secret } from '../../../src/primitives/secret';

/** A cloud for the doctor: a network that its owner shares, with ports of the owner, and one of somebody else. */
export interface DoctorsCloud {
  /** The owner of network and ports. */
  readonly owner: CloudOptions;
  /** A member of another project, with a port on the owner's network. */
  readonly guest: CloudOptions;
  readonly guestPort: string;
  readonly ports: readonly [string, string, string];
  /** Sets attributes of one of the owner's ports, not by our client. */
  set(port: string, attributes: object): Promise<void>;
  tag(port: string, tags: readonly string[]): Promise<void>;
  /** Everything that is shown of all ports. */
  state(): Promise<string>;
  stop(): Promise<void>;
}

const signal = new AbortController().signal;

/** Login by password, as tests log in. */
export function loginAs(name: string, password: string, project: string): CloudLogin {
  const domain = { name: 'Default' };
  return { method: 'password', user: { name, domain }, password, project: { name: project, domain } };
}

/** The doctor on any cloud. Each look leaves every port as it is, its revision too. */
export function describeDoctor(title: string, start: () => Promise<DoctorsCloud>): void {
  describe(title, () => {
    let cloud: DoctorsCloud;
    beforeAll(async () => {
      cloud = await start();
    }, 900_000);
    afterAll(() => cloud.stop());

    const look = async (
      options: CloudOptions,
      servers: Record<number, string>,
      more: Partial<ProjectSettings> = {},
    ) => {
      const client = new NeutronClient(options);
      const settings: ProjectSettings = {
        name: 'cloud1.lab',
        authUrl: options.authUrl,
        login: { method: 'applicationCredential', credential: { id: '' }, secret: Secret.missing('') },
        interface: 'public',
        timeoutMs: 10_000,
        maxPairs: 10,
        owned: ALL_ATTRIBUTES,
        servers: new Map(
          Object.entries(servers).map(([id, port]) => [parseServerId(Number(id)), parsePortName(port)] as const),
        ),
        ...more,
      };
      const before = await cloud.state();
      try {
        const { lines, healthy } = await inspectProject(client, settings, signal);
        expect(await cloud.state()).toBe(before);
        return { healthy, text: lines.join('\n') };
      } finally {
        client.close();
      }
    };

    it('shows login, extensions, what the limit is not read from, and each linked port with the right to change it', async () => {
      const [port] = cloud.ports;
      const { healthy, text } = await look(cloud.owner, { 101: port });
      expect(text).toMatch(/project lab \(\w+\), as .*member/);
      expect(text).toContain('extension  revision-if-match: there');
      expect(text).toContain('maxPairs is 10; no answer of the cloud says its max_allowed_address_pair');
      expect(text).toContain('back end   not visible to this login');
      expect(text).toMatch(new RegExp(`server 101 {2}port ${port}: fa:16:3e:[0-9a-f:]+, 0 of 10 pairs`));
      expect(text).toContain(`server 101  port ${port}: the login may change it`);
      expect(text).toContain(`server 101  port ${port}: NOT ENFORCED: it is DOWN`);
      expect(healthy).toBe(true);
      const owned = { portSecurity: true, securityGroups: false };
      expect((await look(cloud.owner, { 101: port }, { owned })).text).toContain('left alone security groups');
    });

    it('finds the 403 of a shared network before the first event, for each port', async () => {
      const { healthy, text } = await look(cloud.guest, { 102: cloud.guestPort });
      expect(text).toContain(`server 102  port ${cloud.guestPort}: ITS NETWORK is another project's`);
      expect(text).toMatch(/server 102 .*the login may NOT change it \(403, PolicyNotAuthorized: /);
      expect(healthy).toBe(false);
      expect((await look(cloud.guest, {})).text).toContain(
        "its network is another project's: by Neutron's own rules only an administrator may change its pairs",
      );
    });

    it('says of a port that does not exist, or is of another project, that it cannot be managed', async () => {
      const unknown = '3f0c1f6e-0000-4000-8000-00000000000a';
      const missing = await look(cloud.owner, { 101: unknown });
      expect([missing.healthy, missing.text]).toEqual([false, expect.stringContaining(`${unknown}: MISSING`)]);
      const other = await look(cloud.owner, { 101: cloud.guestPort });
      expect([other.healthy, other.text]).toEqual([false, expect.stringContaining('belongs to another project')]);
    });

    it('port security off, no group, and pairs with host bits in both readings', async () => {
      const [first, second, third] = cloud.ports;
      const off = { port_security_enabled: false, security_groups: [], allowed_address_pairs: [] };
      await cloud.set(first, off);
      await cloud.set(second, { security_groups: [], allowed_address_pairs: [{ ip_address: '10.10.10.12/24' }] });
      const { text } = await look(cloud.owner, { 101: first, 102: third });
      expect(text).toContain(`server 101  port ${first}: port security is OFF`);
      expect(text).toContain('the login may change it');
      const remarks = text.split('\n').find((line) => line.startsWith(`port ${second}`));
      expect(remarks).toContain('it has no security group: whatever no group allows is dropped');
      expect(remarks).toContain(
        'pair 10.10.10.12/24: OVN lets 10.10.10.12 through, iptables and Open vSwitch all of 10.10.10.0/24',
      );
    });

    it('servers by tags, and where tags contradict the configuration', async () => {
      const [first, second, third] = cloud.ports;
      const tags = { serverTagPrefix: 'portwarden-server-' };
      await cloud.tag(second, ['portwarden-server-7']);
      const good = await look(cloud.owner, { 101: first }, tags);
      expect([good.healthy, good.text]).toEqual([true, expect.stringMatching(/server 7 {2}port .*, by its tag/)]);
      expect((await look(cloud.owner, { 101: first })).text).not.toContain('server 7');
      await cloud.tag(third, ['portwarden-server-7', 'portwarden-server-101']);
      const bad = await look(cloud.owner, { 101: first }, tags);
      expect(bad.healthy).toBe(false);
      expect(bad.text).toMatch(/CONTRADICTION .*both carry the tag of server 7/);
      expect(bad.text).toMatch(/CONTRADICTION the configuration gives server 101/);
      for (const port of [second, third]) await cloud.tag(port, []);
    });
  });
}
