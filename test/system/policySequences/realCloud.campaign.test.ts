import type { Scenario } from '../../../lab/scenarios/scenario';
import { parsePortName } from '../../../src/domain/values/port';
import type { ShownPort } from '../../devices/neutron/policyCloud';
import { describeRealCloud } from '../../servers/neutron';
import { startRealProject, type RealProject } from '../../servers/realProject';
import { temporalUnavailable } from '../../servers/temporal';
import { SystemUnderTest } from '../site';
import { KilledProduct } from './killedProduct';
import type { PlayedPort } from './playedPort';
import { serverOf, siteOfServers } from './panel';
import { playAll } from './playAll';
import { GROUPS } from './sequence';

/* The sequences of fakeCloud.campaign.test.ts on a real Neutron: what it answers to our writes is in its own log. */

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(1_800_000);

const SEQUENCES = Number(process.env['PORTWARDEN_REAL_POLICY_SEQUENCES'] ?? 10);
const SEED = Number(process.env['PORTWARDEN_POLICY_SEED'] ?? 11);
const PORTS = Math.min(SEQUENCES, 10);
const KILLS = Math.max(1, Math.round(SEQUENCES / 10));

const fixedOf = (index: number): string => `10.10.10.${100 + index}`;

const scenario: Scenario = {
  name: 'real-policy-sequences',
  ...siteOfServers(PORTS, fixedOf),
};

describeRealCloud(
  'model sequences of policies on a real Neutron, with a product that is killed',
  (title) => {
    describe(title, () => {
      let project: RealProject;
      let system: SystemUnderTest;
      let start: () => Promise<void>;
      const made: { readonly path: string }[] = [];
      const groups = new Map<string, string>();
      const ports: PlayedPort[] = [];

      const make = async (kind: string, body: object): Promise<string> => {
        const path = `${kind.replaceAll('_', '-')}s`;
        const answer = (await project.ask('POST', path, { [kind]: body })) as Record<string, { readonly id: string }>;
        const { id } = answer[kind] ?? { id: '' };
        made.unshift({ path: `${path}/${id}` });
        return id;
      };

      beforeAll(async () => {
        project = await startRealProject();
        for (const name of GROUPS) groups.set(name, await make('security_group', { name }));
        const port = async (index: number, address: string): Promise<string> =>
          make('port', {
            network_id: project.network,
            ...{ device_id: `vm-${index}`, device_owner: 'compute:nova' },
            ...{ fixed_ips: [{ ip_address: address }], security_groups: [groups.get('web')] },
          });
        for (let index = 0; index < PORTS; index += 1) {
          const own = (host: number): string => `10.20.${index}.${host}`;
          ports.push({
            port: parsePortName(await port(index, fixedOf(index))),
            sibling: parsePortName(await port(index, `10.10.10.${150 + index}`)),
            ...{ server: serverOf(index), fixed: fixedOf(index) },
            addresses: { panel: [own(50), own(51)], further: [own(60)] },
          });
        }
        const { login, authUrl } = project.options;
        if (login.method !== 'applicationCredential') throw new Error('tests log in by application credential');
        const applicationCredential = { ...login.credential, secretEnv: 'SEQUENCES_CLOUD_SECRET' };
        const servers = Object.fromEntries(ports.map((played) => [played.server, played.port]));
        system = await SystemUnderTest.create(scenario, {
          openstack: { projects: [{ name: 'lab', authUrl, applicationCredential, servers }] },
          retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 } },
        });
        start = () => system.start({ environment: { SEQUENCES_CLOUD_SECRET: login.secret } });
        await start();
      });
      afterAll(async () => {
        await system.close();
        for (const { path } of made) await project.ask('DELETE', path);
        await project.stop();
      });

      test(`${SEQUENCES} sequences with ${KILLS} kill(s): every port is what it shall be, and Neutron refused nothing`, async () => {
        const product = new KilledProduct(system, start);
        const figures = await playAll(
          {
            product,
            device: 'neutron:lab',
            cloud: {
              show: async (id) => ((await project.ask('GET', `ports/${id}`)) as { readonly port: ShownPort }).port,
              write: async (id, attributes) => {
                await project.ask('PUT', `ports/${id}`, { port: attributes });
              },
            },
            groupId: (name) => groups.get(name) ?? '',
            setIps: (server, ips) => {
              system.world.panel.state.updateServer(server, { ips });
            },
          },
          ports,
          { seed: SEED, sequences: SEQUENCES, kills: KILLS },
        );
        const writes = (await project.writes()).filter((line) => line.startsWith('PUT /v2.0/ports/'));
        expect(writes.filter((line) => / (400|409)$/.test(line))).toEqual([]);
        expect(writes.length).toBeGreaterThan(SEQUENCES);
        expect(product.kills).toBeGreaterThanOrEqual(1);
        process.stdout.write(`${figures} on a real Neutron, ${writes.length} writes by all, none refused\n`);
      });
    });
  },
  { unavailable: temporalUnavailable() },
);
