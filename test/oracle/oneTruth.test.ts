import fc from 'fast-check';
import type { Port } from '../../lab/neutron/world';
import type { CoverageEntry } from '../../src/domain/coverage';
import { campaign } from '../support/campaign';
import { differenceOf, DIFFERENCES, type Kind, type Seen } from './differences';
import { shallPass } from './intent';
import { configuredSwitch, SWITCH_PORT, switchModel } from './junos';
import { neutronModel, OracleCloud } from './neutron';
import { OTHER, OWN, packet, PROBES, wantedPort, type Packet, type WantedPort } from './port';
import { coverageOfSet, filtered, proxmoxModel } from './proxmox';

/*
 * One truth, three renderers: what the panel assigns and a policy says lets the same packets through on a switch, in a cloud
 * and on a hypervisor, or the difference is one that the driver states of this very port (`portwarden coverage port`).
 */

const { runs: RUNS, seed: SEED } = campaign({
  name: 'random policies that three models and the oracle judge',
  sample: 60,
  whole: 500,
  runsVariable: 'PORTWARDEN_ORACLE_RUNS',
  seedVariable: 'PORTWARDEN_ORACLE_SEED',
});
/** So many policies show every difference of the list. */
const ALL_DIFFERENCES = 500;
const PACKETS = 80;

const cloud = new OracleCloud();

/** What the product's drivers made of a port: the lines of the switch, the port of the cloud, the set of the NIC. */
interface Made {
  lines: readonly string[];
  port: Port;
  set: readonly string[] | undefined;
  /** What each driver says of the port then. */
  coverage: Readonly<Record<Kind, readonly CoverageEntry[]>>;
}

async function made(port: WantedPort): Promise<Made> {
  const { lines, coverage: junos } = configuredSwitch(port);
  const written = await cloud.written(port);
  const set = filtered(port);
  return { lines, port: written, set, coverage: { junos, neutron: cloud.coverage(), proxmox: coverageOfSet(set) } };
}

/** Where a device does not what it shall. */
function differences(port: WantedPort, devices: Made, packets: readonly Packet[]): readonly Seen[] {
  const models: readonly (readonly [Kind, (packet: Packet) => boolean])[] = [
    ['junos', switchModel(devices.lines)],
    ['neutron', neutronModel(devices.port, (id) => cloud.nameOf(id), port.reading)],
    ['proxmox', proxmoxModel(devices.set)],
  ];
  return models.flatMap(([kind, passes]) =>
    packets
      .map((one): Seen => ({ kind, port, packet: one, passes: passes(one), coverage: devices.coverage[kind] }))
      .filter((seen) => seen.passes !== shallPass(port, seen.packet, { foreign: kind === 'neutron' })),
  );
}

const explanation = (seen: Seen): string | undefined => differenceOf(seen)?.name;

test(`${RUNS} random policies let the same packets through everywhere, but for what is listed (seed ${SEED})`, async () => {
  const seen = new Map(DIFFERENCES.map(({ name }) => [name, 0]));
  let verdicts = 0;
  await fc.assert(
    fc.asyncProperty(wantedPort, fc.array(packet, { minLength: PACKETS, maxLength: PACKETS }), async (port, random) => {
      const packets = [...random, ...PROBES];
      const found = differences(port, await made(port), packets);
      verdicts += 3 * packets.length;
      for (const name of new Set(found.map(explanation)))
        if (name !== undefined) seen.set(name, (seen.get(name) ?? 0) + 1);
      expect(found.filter((one) => explanation(one) === undefined).slice(0, 1)).toEqual([]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  const figures = [...seen].map(([name, times]) => `${times} ${name}`).join(', ');
  process.stdout.write(
    `oracle, seed ${SEED}: ${verdicts} verdicts; policies in which something is different: ${figures}\n`,
  );
  expect(verdicts).toBeGreaterThanOrEqual(RUNS * PACKETS * 3);
  // What is never different any more has no place in the list, nor in the documents.
  if (RUNS >= ALL_DIFFERENCES) expect([...seen].filter(([, times]) => times === 0)).toEqual([]);
}, 600_000);

/** What drivers could do wrong. */
const MISTAKES: Readonly<Record<string, (devices: Made) => void>> = {
  'a binding of the switch is missing': (devices) => {
    const at = devices.lines.findIndex((line) => / static-ip /.test(line));
    devices.lines = devices.lines.filter((_line, index) => index !== at);
  },
  'a binding of the switch has another MAC': (devices) => {
    devices.lines = devices.lines.map((line) => line.replace(/ mac \S+0a$/, ` mac ${OTHER}`));
  },
  'a port of the switch is trusted': (devices) => {
    devices.lines = [
      ...devices.lines,
      `set ethernet-switching-options secure-access-port interface ${SWITCH_PORT} dhcp-trusted`,
    ];
  },
  'a filter of the switch is not on the port': (devices) => {
    devices.lines = devices.lines.filter((line) => !line.includes(' filter input '));
  },
  'a term of a filter is missing': (devices) => {
    const [, term = 'none'] = / term (\S+) from destination-port 443$/m.exec(devices.lines.join('\n')) ?? [];
    devices.lines = devices.lines.filter((line) => !line.includes(` ${term} `));
  },
  'port security of the Neutron port is off': ({ port }) => {
    port.port_security_enabled = false;
  },
  'port security of the Neutron port is on': ({ port }) => {
    port.port_security_enabled = true;
  },
  'a pair is missing': ({ port }) => {
    port.allowed_address_pairs = port.allowed_address_pairs.slice(0, -1);
  },
  'a pair is too wide': ({ port }) => {
    port.allowed_address_pairs = [...port.allowed_address_pairs, { ip_address: '192.0.2.0/24', mac_address: OWN }];
  },
  'groups are missing': ({ port }) => {
    port.security_groups = [];
  },
  'an entry of the set is missing': (devices) => {
    devices.set = devices.set?.slice(1);
  },
  'the filter of the NIC is put aside': (devices) => {
    devices.set = undefined;
  },
  'an entry of the set is too much': (devices) => {
    devices.set = devices.set === undefined ? undefined : [...devices.set, '192.0.2.1'];
  },
};

describe('it is seen when', () => {
  const sample: { readonly port: WantedPort; readonly devices: Made }[] = [];
  beforeAll(async () => {
    for (const port of fc.sample(wantedPort, { numRuns: 80, seed: 1 }))
      sample.push({ port, devices: await made(port) });
  });

  test.each(Object.entries(MISTAKES))('%s', (_what, mistake) => {
    const found = sample.flatMap(({ port, devices }) => {
      const wrong = structuredClone(devices);
      mistake(wrong);
      return differences(port, wrong, PROBES).filter((one) => explanation(one) === undefined);
    });
    expect(found.length).toBeGreaterThan(0);
  });
});

test('a difference that the driver does not state of the port is seen', async () => {
  const [port] = fc.sample(
    wantedPort.filter(({ sources, says }) => sources.length === 0 && says === undefined),
    { numRuns: 1, seed: 1 },
  );
  if (port === undefined) throw new Error('there is no such port');
  const packets = PROBES.map((one): Packet => ({ ...one, to: 'same-node' }));
  const devices = await made(port);
  const seenBy = (coverage: Made['coverage']): number =>
    differences(port, { ...devices, coverage }, packets).filter((one) => explanation(one) === undefined).length;
  expect(seenBy(devices.coverage)).toBe(0);
  expect(seenBy({ ...devices.coverage, junos: [] })).toBe(packets.length);
});
