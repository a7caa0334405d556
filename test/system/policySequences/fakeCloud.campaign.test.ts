import type { Scenario } from '../../../lab/scenarios/scenario';
import type { RunningCloud } from '../../../lab/neutron/cloud';
import type { Port } from '../../../lab/neutron/world';
import { parsePortName } from '../../../src/domain/values/port';
import { temporalUnavailable } from '../../servers/temporal';
import { replayHistoriesAt } from '../../support/replayHistories';
import { campaign } from '../../support/campaign';
import { SystemUnderTest } from '../site';
import { KilledProduct } from './killedProduct';
import type { PlayedPort } from './playedPort';
import { serverOf, siteOfServers } from './panel';
import { playAll } from './playAll';
import { GROUPS } from './sequence';

/*
 * Whatever is said of a port, whatever others, the panel and clocks do, and whenever the product is killed: the port is what a few
 * lines of arithmetic say it shall be, Neutron refused nothing, and the other port of the machine did not change by a byte.
 */

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const { runs: SEQUENCES, seed: SEED } = campaign({
  name: 'sequences of policies on ports of the cloud, with a product that is killed',
  whole: 12,
  usualSeed: 11,
  runsVariable: 'PORTWARDEN_POLICY_SEQUENCES',
  seedVariable: 'PORTWARDEN_POLICY_SEED',
});
/** Side by side; each has a sibling, and the network has 250 addresses. */
const PORTS = Math.min(SEQUENCES, 50);
const KILLS = Math.max(Math.min(2, Math.ceil(SEQUENCES / 5)), Math.round(SEQUENCES / 10));
const LONGEST_MS = 600_000 + SEQUENCES * 20_000;

const fixedOf = (index: number): string => `10.10.10.${2 + index}`;

const scenario: Scenario = {
  name: 'policy-sequences',
  ...siteOfServers(PORTS, fixedOf),
  cloud: {
    name: 'lab',
    ports: Array.from({ length: PORTS }, (_, index) => [
      {
        ...{ name: `port-${index}`, machine: `vm-${index}`, address: fixedOf(index), groups: [...GROUPS] },
        server: { id: serverOf(index), by: 'configuration' as const },
      },
      { name: `sibling-${index}`, machine: `vm-${index}`, address: fixedOf(PORTS + index), groups: ['web'] },
    ]).flat(),
  },
};

suite('model sequences of policies, with a product that is killed again and again', () => {
  let system: SystemUnderTest;
  let cloud: RunningCloud;

  beforeAll(async () => {
    system = await SystemUnderTest.create(scenario, {
      retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 } },
    });
    if (system.world.cloud === undefined) throw new Error('the scenario has a cloud');
    cloud = system.world.cloud;
    await system.start({ forShort: false });
  }, 240_000);
  afterAll(() => system.close(), 120_000);

  const portOf = (id: string): Port => {
    const port = cloud.lab.state.ports.get(id);
    if (port === undefined) throw new Error(`there is no port ${id}`);
    return port;
  };

  test(
    `${SEQUENCES} sequences with ${KILLS} kills: every port is what it shall be, and Neutron refused nothing`,
    async () => {
      const { lab } = cloud;
      const groups = new Map([...lab.state.groups.values()].map(({ id, name }) => [name, id]));
      const caller = { user: 'operator', projectId: portOf(cloud.portId('port-0')).project_id, roles: ['member'] };
      const product = new KilledProduct(system, () => system.start({ forShort: false }));
      const ports = Array.from({ length: PORTS }, (_, index): PlayedPort => {
        const own = (host: number): string => `10.20.${index}.${host}`;
        return {
          port: parsePortName(cloud.portId(`port-${index}`)),
          sibling: parsePortName(cloud.portId(`sibling-${index}`)),
          server: serverOf(index),
          fixed: fixedOf(index),
          addresses: { panel: [own(50), own(51)], further: [own(60)] },
        };
      });
      const stage = {
        product,
        device: 'neutron:lab',
        cloud: {
          show: (id: string) => Promise.resolve(structuredClone(portOf(id))),
          write: async (id: string, attributes: object) => {
            await lab.ports.update(caller, id, { ...attributes }, undefined);
          },
        },
        groupId: (name: string) => groups.get(name) ?? '',
        setIps: (server: number, ips: readonly string[]) => {
          system.world.panel.state.updateServer(server, { ips });
        },
      };
      let writes = 0;
      let seen = 0;
      const countWrites = (): number => {
        for (; seen < lab.requests.length; seen += 1) if (lab.requests[seen]?.startsWith('PUT') === true) writes += 1;
        return writes;
      };
      const figures = await playAll(stage, ports, {
        seed: SEED,
        sequences: SEQUENCES,
        kills: KILLS,
        writes: countWrites,
      });
      expect(lab.refusals.filter((line) => / (400|409) /.test(line))).toEqual([]);
      expect(product.kills).toBeGreaterThanOrEqual(KILLS / 2);
      process.stdout.write(`${figures}, ${countWrites()} writes, none refused\n`);
    },
    LONGEST_MS,
  );

  test('workflows did what they do in a replay', () => replayHistoriesAt(system.running.temporalAddress));
});
