import type { Fault as PanelFault } from '../../lab/tenantos/faults';
import type { Fault, Targets } from './faults';
import type { Random } from './random';
import { RANGES } from './scenario';

/** The panel answers wrongly, late or not at all. */
export function panelFault(random: Random, { world, emptyAnswers }: Targets): Fault {
  const path = random.pick(['', '', '^/servers$', '^/servers/\\d+$', 'connections$', '^/networkDevices', '^/subnets']);
  const times = random.chance(0.5) ? { times: random.int(1, 6) } : {};
  const ids = [...world.panel.state.servers.keys()].filter(() => random.chance(0.4));
  const kinds: readonly (readonly [number, PanelFault])[] = [
    [3, { kind: 'status', status: 500, path, ...times }],
    [3, { kind: 'status', status: 429, retryAfter: 1, path, ...times }],
    [2, { kind: 'latency', ms: random.int(300, 2_500), path, ...times }],
    [1, { kind: 'hang', path, times: random.int(1, 3) }],
    [2, { kind: 'drop', path, ...times }],
    [1, { kind: 'cut', path, ...times }],
    [1, { kind: 'garbage', path, ...times }],
    [1, { kind: 'proxy-404', path, ...times }],
    [2, { kind: 'gateway-404', path, ...times }],
    [
      3,
      {
        kind: 'not-found',
        path: random.pick([
          '^/servers/\\d+$',
          `^/servers/${random.pick(ids.length > 0 ? ids : [101])}$`,
          'connections$',
          '^/networkDevices',
        ]),
        ...times,
      },
    ],
    [3, { kind: 'missing-servers', serverIds: ids }],
    [1, { kind: 'no-ips' }],
    [emptyAnswers ? 4 : 0, { kind: 'empty-ips', path: '^/servers$' }],
  ];
  const fault = random.weighted(kinds);
  return {
    name: `panel: ${JSON.stringify(fault)}`,
    steps: random.int(1, 4),
    begin: () => {
      world.panel.fault(fault);
    },
    end: () => {
      world.panel.clearFaults();
    },
  };
}

/** Somebody mistypes the VLAN of a subnet, and mends it after a while. */
export function mistypedVlan(random: Random, { world, history, lookAgain }: Targets): Fault {
  const { vlan, prefix } = random.pick(RANGES.filter((range) => range.vlan !== 66));
  const wrong = random.weighted([
    [2, 31],
    [1, 4_000],
    [1, random.pick(RANGES.filter((range) => range.vlan !== vlan)).vlan],
  ]);
  const type = (typed: number): void => {
    const id = world.panel.state.subnets.find(({ subnet }) => subnet === `${prefix}0`)?.id ?? 0;
    history.change(() => {
      world.panel.setSubnet(id, { staticAccessVlanId: typed });
    });
    lookAgain(2);
  };
  return {
    name: `panel: VLAN of ${prefix}0/24 is typed as ${wrong}`,
    steps: random.int(1, 4),
    begin: () => {
      type(wrong);
    },
    end: () => {
      type(vlan);
    },
  };
}

/** A row of the panel's subnets holds what nobody can read. */
export function oddSubnet(random: Random, { world }: Targets): Fault {
  const { id, subnet } = random.pick(world.panel.state.subnets);
  const row = random.pick([
    { cidr: '/24' },
    { subnet: null },
    { static_access_vlan_id: 'thirteen' },
    { cidr: 'twenty-four', subnet: 7 },
  ]);
  const write = (fields: Readonly<Record<string, unknown>> | null): void => {
    world.panel.setSubnet(id, { row: fields });
  };
  return {
    name: `panel: the row of ${subnet}/24 reads ${JSON.stringify(row)}`,
    steps: random.int(1, 4),
    begin: () => {
      write(row);
    },
    end: () => {
      write(null);
    },
  };
}
