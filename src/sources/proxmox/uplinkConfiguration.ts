import { z } from 'zod';
import { parseServerId } from '../../domain/event/event';
import type { NodeUplink } from '../../domain/servers/nodeUplink';
import { parseMac } from '../../domain/values/mac';
import { parsePortName, type PortName } from '../../domain/values/port';
import { parseVlanId } from '../../domain/values/vlan';
import { parsedText, whole } from '../../primitives/configuration/fields';
import type { PathSegment } from '../../primitives/configuration/problem';
import type { SectionContext } from '../../primitives/configuration/section';
import type { PanelEntryName } from '../hypervisorSource';

/** A port of a switch of the panel, as it is configured. */
interface ConfiguredPort {
  /** The panel's number. */
  readonly switchId: number;
  /** Perhaps without a unit. */
  readonly port: PortName;
}

/** An uplink as the configuration has it. */
export interface ConfiguredUplink extends Omit<NodeUplink, 'ports'> {
  readonly ports: readonly ConfiguredPort[];
  /** `portwarden.yaml:12:5`. */
  readonly where: string;
}

const port = {
  switch: whole(1, 2_147_483_647, { description: "The panel's network device id of the switch." }),
  port: parsedText(parsePortName, { description: 'Interface name on the switch, such as `ae0`; the unit is added.' }),
};

const traits = {
  nativeVlan: whole(1, 4094, {
    description: 'VLAN of untagged frames on this uplink.',
    whenAbsent: "the cluster's `nativeVlan`",
  }).optional(),
  mac: parsedText(parseMac, {
    description:
      'MAC of the node itself on this uplink: that of its bridge or bond (`ip link show vmbr0`), which Proxmox does not tell.',
    whenAbsent: "the `hwaddress` of the interface that has the node's address, if it has one",
  }).optional(),
  shared: z
    .boolean()
    .default(false)
    .meta({ description: 'Several nodes share this switch port; must be said at each.' }),
};

const onePort = z
  .strictObject({ ...port, ...traits })
  .meta({ description: 'Short form: one switch port for every bridge of the node.' });

const uplink = z
  .strictObject({
    bridges: z
      .array(
        z.string().regex(/^[A-Za-z][A-Za-z0-9_]{1,19}(?:[.:]\d+)?$/, {
          error: 'must be the name of a bridge, bond or other interface of the node, such as vmbr0 or bond1',
        }),
      )
      .min(1, { error: 'must name at least one bridge or bond' })
      .meta({
        description: 'Bridges of the node that lead there, or bonds, cards and VLAN interfaces below them.',
        whenAbsent: 'every bridge that no other uplink of the node names',
      })
      .optional(),
    ports: z
      .array(z.strictObject(port).meta({ description: 'A switch port.' }))
      .min(1, { error: 'must name at least one port' })
      .meta({ description: 'The switch port, or several on one or two switches that carry the same (MC-LAG, ESI).' }),
    ...traits,
  })
  .meta({ description: 'Long form: a list of uplinks, each for some bridges.' });

/** The option `uplinks` of a cluster. */
export const uplinksOption = z
  .record(
    z.string(),
    z
      .union([onePort, z.array(uplink).min(1, { error: 'must have at least one uplink' })])
      .meta({ description: 'One switch port, or a list of uplinks.' }),
  )
  .default({})
  .meta({
    description: "The switch ports through which the traffic of a node's bridges reaches the network.",
    key: 'node',
  });

const nodeEntry = z
  .strictObject({
    panelServerId: whole(1, 2_147_483_647, { description: "The panel's id of the node's own entry." }).optional(),
    panelServerName: z
      .string()
      .trim()
      .min(1, { error: 'must be a server name' })
      .meta({ description: "The server name (not the host name, which customers may choose) of the node's own entry." })
      .optional(),
  })
  .meta({ description: 'Which entry of the panel is the node itself.' });

/** The option `nodes` of a cluster. */
export const nodesOption = z.record(z.string(), nodeEntry).default({}).meta({
  description:
    'Where the uplinks of a node are not configured, its own entry in the panel says its switch ports: the entry that is named here, else the one whose server name is the name of the node.',
  key: 'node',
});

/** A cluster's part of the file. */
interface ClusterFile {
  readonly name: string;
  readonly uplinks: z.output<typeof uplinksOption>;
  readonly nodes: z.output<typeof nodesOption>;
}

/** Reads the uplinks and panel entries of the nodes of all clusters. One for a file: nodes must not meet on a port unawares. */
export class UplinkSections {
  private readonly ports: { readonly node: string; readonly ref: ConfiguredPort; readonly uplink: UplinkFile }[] = [];
  private readonly entries = new Map<string, string>();

  constructor(private readonly context: SectionContext) {}

  /** @param path of the cluster. */
  uplinks(file: ClusterFile, path: readonly PathSegment[]): ReadonlyMap<string, readonly ConfiguredUplink[]> {
    return new Map(
      Object.entries(file.uplinks).map(([node, given]) => {
        const at = [...path, 'uplinks', node];
        const list = Array.isArray(given)
          ? given.map((one, index) => ({ ...one, path: [...at, index] }))
          : [{ ...given, ports: [{ switch: given.switch, port: given.port }], path: at }];
        return [node, this.ofNode(`${node} of ${file.name}`, list)];
      }),
    );
  }

  /** @param path of the cluster. */
  panelEntries(file: ClusterFile, path: readonly PathSegment[]): ReadonlyMap<string, PanelEntryName> {
    const found = new Map<string, PanelEntryName>();
    for (const [node, { panelServerId: id, panelServerName: name }] of Object.entries(file.nodes)) {
      const at = [...path, 'nodes', node];
      if ((id === undefined) === (name === undefined)) {
        this.context.problem(at, 'must have either panelServerId or panelServerName');
        continue;
      }
      const key = id === undefined ? `name ${name?.toLowerCase() ?? ''}` : `id ${id}`;
      const other = this.entries.get(key);
      if (other !== undefined) this.context.problem(at, `names the entry of ${other} again`);
      this.entries.set(key, `${node} of ${file.name}`);
      if (file.uplinks[node] !== undefined)
        this.context.problem(at, 'has no effect: the uplinks of the node are configured');
      found.set(node, id === undefined ? { name: name ?? '' } : { serverId: parseServerId(id) });
    }
    return found;
  }

  private ofNode(node: string, list: readonly UplinkFile[]): readonly ConfiguredUplink[] {
    const names = new Set<string>();
    list.forEach(({ bridges, path }, index) => {
      if (bridges === undefined && list.slice(0, index).some((earlier) => earlier.bridges === undefined))
        this.context.problem(path, 'needs bridges: an earlier uplink of the node is for every bridge already');
      bridges?.forEach((name, at) => {
        if (names.has(name))
          this.context.problem([...path, 'bridges', at], 'is in an earlier uplink of the node, or named twice');
        names.add(name);
      });
    });
    return list.map((one) => this.one(node, one));
  }

  private one(node: string, file: UplinkFile): ConfiguredUplink {
    const { bridges, ports, nativeVlan, mac, path } = file;
    const refs = ports.map((one) => ({ switchId: one.switch, port: one.port }));
    refs.forEach((ref, index) => {
      this.place(node, ref, file, ports.length > 1 ? [...path, 'ports', index] : path);
    });
    return {
      ports: refs,
      where: this.context.where(path),
      ...(bridges === undefined ? {} : { interfaces: bridges }),
      ...(nativeVlan === undefined ? {} : { nativeVlan: parseVlanId(nativeVlan) }),
      ...(mac === undefined ? {} : { mac }),
    };
  }

  /** A port belongs to one uplink of one node, unless all that name it say that it is shared. */
  private place(node: string, ref: ConfiguredPort, uplinkFile: UplinkFile, path: readonly PathSegment[]): void {
    const other = this.ports.find((known) => isSamePort(known.ref, ref));
    this.ports.push({ node, ref, uplink: uplinkFile });
    if (other === undefined) return;
    const what = `switch ${ref.switchId} ${ref.port}`;
    if (other.node === node) this.context.problem(path, `names ${what} twice for the node`);
    else if (!uplinkFile.shared || !other.uplink.shared)
      this.context.problem(
        path,
        `names ${what}, which is the uplink of ${other.node}; say shared: true at both if it is`,
      );
    else if (uplinkFile.nativeVlan !== other.uplink.nativeVlan)
      this.context.problem(path, `gives ${what} another nativeVlan than ${other.node} does`);
  }
}

/** An uplink of the file, whichever form it had. */
interface UplinkFile extends Pick<z.output<typeof uplink>, 'bridges' | 'ports' | 'nativeVlan' | 'mac' | 'shared'> {
  readonly path: readonly PathSegment[];
}

/** A name without a unit is the same port as one with whichever unit: which one is added, the device says. */
function isSamePort(a: ConfiguredPort, b: ConfiguredPort): boolean {
  if (a.switchId !== b.switchId) return false;
  const [base, unit] = split(a.port);
  const [otherBase, otherUnit] = split(b.port);
  return base === otherBase && (unit === undefined || otherUnit === undefined || unit === otherUnit);
}

function split(name: string): readonly [base: string, unit: string | undefined] {
  const [, base, unit] = /^(.*?)(?:\.(\d+))?$/.exec(name) ?? [];
  return [base ?? name, unit];
}
