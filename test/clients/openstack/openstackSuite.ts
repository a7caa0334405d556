import type { CloudOptions } from '../../../src/clients/openstack/options';
import { NeutronClient } from '../../../src/clients/openstack/neutron';
import { portsTagged, taggedServers } from '../../../src/devices/neutron/serverTags';
import { parseServerId } from '../../../src/domain/event/event';

/** A cloud to run the suite on: the fake one, or a real Keystone and Neutron. */
export interface CloudUnderTest {
  /** By application credential. */
  readonly options: CloudOptions;
  /** By password, for the same project. */
  readonly byPassword: CloudOptions;
  readonly projectId: string;
  /** A port of the project with one fixed address, whose security is on and whose group is the project's default. */
  readonly port: string;
  /** Another one of the same machine. */
  readonly sibling: string;
  /** Sets the tags of a port, not by our client. */
  tag(port: string, tags: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const signal = new AbortController().signal;
const UNKNOWN = '11111111-2222-3333-4444-555555555555';

/** What the client relies on, asked of any cloud. */
export function describeCloud(name: string, start: () => Promise<CloudUnderTest>): void {
  describe(name, () => {
    let cloud: CloudUnderTest;
    let client: NeutronClient;
    beforeAll(async () => {
      cloud = await start();
      client = new NeutronClient(cloud.options);
    }, 900_000);
    afterAll(async () => {
      client.close();
      await cloud.stop();
    });

    const read = async (id = cloud.port) => {
      const port = await client.port(id, signal);
      if (port === undefined) throw new Error(`there is no port ${id}`);
      return port;
    };
    const pair = (ip: string, mac: string) => ({ ip_address: ip, mac_address: mac });
    const asFound = async (): Promise<void> => {
      const { security_groups } = await read(cloud.sibling);
      const change = { port_security_enabled: true, security_groups, allowed_address_pairs: [] };
      expect(await client.update(cloud.port, change, undefined, signal)).toEqual({ kind: 'written' });
    };
    beforeEach(asFound);

    it('logs in by application credential and by password, for the project', async () => {
      expect((await client.project(signal)).id).toBe(cloud.projectId);
      const other = new NeutronClient(cloud.byPassword);
      expect((await other.project(signal)).id).toBe(cloud.projectId);
      expect((await other.port(cloud.port, signal))?.id).toBe(cloud.port);
      other.close();
    });

    it('a wrong secret is refused, and no error shows it', async () => {
      const method = 'applicationCredential';
      const secret = 'not-the-secret-4711';
      const known = cloud.options.login;
      if (known.method !== method || !('id' in known.credential))
        throw new Error('the suite needs an application credential by id');
      for (const id of [known.credential.id, UNKNOWN.replaceAll('-', '')]) {
        const other = new NeutronClient({ ...cloud.options, login: { method, credential: { id }, secret } });
        const refused: unknown = await other.port(cloud.port, signal).catch((error: unknown) => error);
        expect(refused).toMatchObject({ code: 'device-authentication' });
        expect(JSON.stringify(refused) + String(refused)).not.toContain(secret);
        other.close();
      }
    });

    it('a region or interface that the catalog lacks is named', async () => {
      const other = new NeutronClient({ ...cloud.options, region: 'Nowhere' });
      await expect(other.project(signal)).rejects.toMatchObject({
        code: 'device-not-configured',
        message: expect.stringContaining('Nowhere') as string,
      });
      other.close();
    });

    it('knows which extensions there are', async () => {
      for (const alias of ['port-security', 'allowed-address-pairs', 'security-group', 'revision-if-match'])
        expect(await client.hasExtension(alias, signal)).toBe(true);
      expect(await client.hasExtension('no-such-thing', signal)).toBe(false);
    });

    it('reads a port, and says when there is none', async () => {
      const port = await read();
      expect(port).toMatchObject({
        id: cloud.port,
        project_id: cloud.projectId,
        port_security_enabled: true,
        allowed_address_pairs: [],
      });
      expect([port.security_groups.length, port.fixed_ips.length]).toEqual([1, 1]);
      expect(await client.port(UNKNOWN, signal)).toBeUndefined();
    });

    it('lists ports by machine, by MAC whatever its case, and of nobody', async () => {
      const { device_id, mac_address } = await read();
      const ids = async (filter: Parameters<NeutronClient['ports']>[0]): Promise<string[]> =>
        (await client.ports(filter, signal)).map(({ id }) => id);
      expect((await ids({ device_id })).sort()).toEqual([cloud.port, cloud.sibling].sort());
      expect(await ids({ mac_address: mac_address.toUpperCase() })).toEqual([cloud.port]);
      expect(await ids({ device_id: 'nobody' })).toEqual([]);
    });

    it('finds the ports of a server by their tags, and which servers tag a port', async () => {
      const ids = async (id: number): Promise<string[]> =>
        (await portsTagged(client, 'portwarden-server-', parseServerId(id), signal)).map((port) => port.id);
      expect(await ids(101)).toEqual([]);
      await cloud.tag(cloud.port, ['blue', 'portwarden-server-101', 'portwarden-server-', 'portwarden-server-01']);
      await cloud.tag(cloud.sibling, ['portwarden-server-1011', 'portwarden-server-7']);
      expect([await ids(101), await ids(7), await ids(10)]).toEqual([[cloud.port], [cloud.sibling], []]);
      expect(taggedServers(await read(), 'portwarden-server-')).toEqual([101]);
      expect([...taggedServers(await read(cloud.sibling), 'portwarden-server-')].sort()).toEqual([1011, 7]);
      const { revision_number: before = 0 } = await read();
      await cloud.tag(cloud.port, []);
      expect([await ids(101), (await read()).revision_number]).toEqual([[], before + 1]);
      await cloud.tag(cloud.sibling, []);
    });

    it('writes the three attributes from any state to any other in one request', async () => {
      const { mac_address: mac, security_groups } = await read();
      const states = [
        { port_security_enabled: false, security_groups: [], allowed_address_pairs: [] },
        { port_security_enabled: true, security_groups, allowed_address_pairs: [pair('10.10.10.50', mac)] },
        { port_security_enabled: true, security_groups: [], allowed_address_pairs: [] },
      ];
      for (const from of states)
        for (const to of states)
          for (const state of [from, to]) {
            const { revision_number } = await read();
            expect(await client.update(cloud.port, state, revision_number, signal)).toEqual({ kind: 'written' });
            expect(await read()).toMatchObject(state);
          }
    });

    it('a writer whose revision is an old one is told so, and changes nothing', async () => {
      const { mac_address: mac, revision_number } = await read();
      const write = (ip: string) =>
        client.update(cloud.port, { allowed_address_pairs: [pair(ip, mac)] }, revision_number, signal);
      expect(await write('10.10.10.50')).toEqual({ kind: 'written' });
      expect(await write('10.10.10.51')).toEqual({ kind: 'stale' });
      expect((await read()).allowed_address_pairs).toEqual([pair('10.10.10.50', mac)]);
    });

    it.each([
      ['off with groups left', { port_security_enabled: false }, 409, 'PortSecurityPortHasSecurityGroup'],
      ['an unknown group', { security_groups: [UNKNOWN] }, 404, 'SecurityGroupNotFound'],
      ['no address', { allowed_address_pairs: [pair('10.10.10.300', 'fa:16:3e:00:00:01')] }, 400, 'HTTPBadRequest'],
      [
        'the same pair twice',
        { allowed_address_pairs: [pair('10.10.10.50', 'fa:16:3e:00:00:01'), pair('10.10.10.50', 'fa:16:3e:00:00:01')] },
        400,
        'DuplicateAddressPairInRequest',
      ],
      [
        'more pairs than there may be',
        {
          allowed_address_pairs: Array.from({ length: 11 }, (_, index) =>
            pair(`10.10.10.${100 + index}`, 'fa:16:3e:00:00:01'),
          ),
        },
        400,
        'AllowedAddressPairExhausted',
      ],
    ])('%s is refused by its type', async (_what, change, status, type) => {
      const before = await read();
      const result = await client.update(cloud.port, change, undefined, signal);
      expect(result).toMatchObject({ kind: 'refused', refusal: { status, type } });
      expect((await read()).revision_number).toBe(before.revision_number);
    });

    it('a port that is gone is refused as such', async () => {
      expect(await client.update(UNKNOWN, { allowed_address_pairs: [] }, 1, signal)).toMatchObject({
        kind: 'refused',
        refusal: { status: 404, type: 'PortNotFound' },
      });
    });

    it('the other ports of the machine are as they were', async () => {
      const before = await read(cloud.sibling);
      const { mac_address: mac } = await read();
      await client.update(cloud.port, { allowed_address_pairs: [pair('10.10.10.60', mac)] }, undefined, signal);
      await client.update(
        cloud.port,
        { port_security_enabled: false, security_groups: [], allowed_address_pairs: [] },
        undefined,
        signal,
      );
      expect(await read(cloud.sibling)).toEqual(before);
    });
  });
}
