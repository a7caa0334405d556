import type { NeutronClient } from '../../../clients/openstack/neutron';
import type { InspectedPort } from '../../../clients/openstack/schemas';
import { PortwardenError } from '../../../domain/errors';
import type { ServerId } from '../../../domain/event/event';
import { linkedPort } from '../../../domain/servers/portLink';
import { deviceId } from '../../../domain/values/device';
import { parsePortName } from '../../../domain/values/port';
import type { DeviceInspection } from '../../driver';
import type { ProjectSettings } from '../configuration';
import { KIND } from '../naming';
import type { OwnedAttributes } from '../ownedAttributes';
import { taggedServers } from '../serverTags';
import { describeBackEnd } from './backEnd';
import { lookAtExtensions } from './extensions';
import { findingsOf } from './portFindings';
import { rightTo } from './rights';

const ADMINISTRATORS = "by Neutron's own rules only an administrator may change its pairs and its port security";
/** So many ports of no server are named with what is special about them. */
const MOST_OTHERS = 20;

/**
 * Looks at a project as a pass would: login, extensions, back end, and each port that a server has, with the right to change it.
 * Changes nothing.
 */
export async function inspectProject(
  client: NeutronClient,
  project: ProjectSettings,
  signal: AbortSignal,
): Promise<DeviceInspection> {
  const { serverTagPrefix: prefix, maxPairs, owned } = project;
  const { id, name, roles } = await client.project(signal);
  const extensions = await lookAtExtensions(client, prefix !== undefined, signal);
  const ports = await client.inspectedPorts({ project_id: id }, signal);
  const links = linksOf(project, ports);
  const owners: Map<string, string | undefined> = new Map();
  for (const network of new Set(ports.map((port) => port.network_id)))
    owners.set(network, await client.networkOwner(network, signal));
  const linked = await inspectLinked(client, project, links.links, ports, {
    projectId: id,
    owners,
    canAsk: extensions.has('revision-if-match'),
    signal,
  });
  const withPairs = ports.filter((port) => port.allowed_address_pairs.length > 0).length;
  return {
    lines: [
      `Keystone   ${project.authUrl}: project ${name} (${id}), ${roles.length === 0 ? 'no role' : `as ${roles.join(', ')}`}`,
      ...extensions.lines,
      `pairs      maxPairs is ${maxPairs}; no answer of the cloud says its max_allowed_address_pair`,
      ...notOwnedLine(owned),
      `back end   ${await describeBackEnd(client, ports, roles.includes('admin'), signal)}`,
      `ports      ${ports.length} in the project, ${withPairs} with address pairs, ${links.links.length} linked to servers`,
      ...linked.lines,
      ...links.contradictions.map((text) => `CONTRADICTION ${text}`),
      ...others(
        ports.filter(({ id: port }) => !links.links.some((link) => link.port === port)),
        ports,
        maxPairs,
        (port) => owners.get(port.network_id) !== id,
      ),
    ],
    healthy: extensions.healthy && linked.healthy && links.contradictions.length === 0,
  };
}

/** What of the ports is left to others. */
function notOwnedLine({ portSecurity, securityGroups }: OwnedAttributes): readonly string[] {
  const left = [...(portSecurity ? [] : ['port security']), ...(securityGroups ? [] : ['security groups'])];
  return left.length === 0 ? [] : [`left alone ${left.join(' and ')}, as configured (attributes)`];
}

/** The project of each network; undefined for one that may not be seen. */
type NetworkOwners = ReadonlyMap<string, string | undefined>;

interface Link {
  readonly server: ServerId;
  readonly port: string;
  readonly by: 'configuration' | 'tag';
}

/** Which port each server has, by configuration and by tags, and where these contradict each other. */
function linksOf(
  { name, servers, serverTagPrefix: prefix }: ProjectSettings,
  ports: readonly InspectedPort[],
): { readonly links: readonly Link[]; readonly contradictions: readonly string[] } {
  const device = deviceId(KIND, name);
  const configured = [...servers].map(([serverId, port]) => ({ serverId, device, port }));
  const tagged = ports.map((port) => ({
    device,
    port: parsePortName(port.id),
    servers: prefix === undefined ? [] : taggedServers(port, prefix),
  }));
  const links: Link[] = [];
  const contradictions = new Set<string>();
  for (const server of new Set([...servers.keys(), ...tagged.flatMap((one) => one.servers)])) {
    const own = servers.get(server);
    try {
      const link = linkedPort(server, {
        configured,
        tagged: tagged.filter((one) => one.servers.includes(server)),
        tagsOfConfigured: tagged.find(({ port }) => port === own)?.servers ?? [],
      });
      if (link !== undefined) links.push({ server, port: link.port, by: own === undefined ? 'tag' : 'configuration' });
    } catch (error) {
      if (!(error instanceof PortwardenError)) throw error;
      contradictions.add(error.message);
    }
  }
  return { links, contradictions: [...contradictions] };
}

async function inspectLinked(
  client: NeutronClient,
  { maxPairs, owned }: ProjectSettings,
  links: readonly Link[],
  ports: readonly InspectedPort[],
  how: {
    readonly projectId: string;
    readonly owners: NetworkOwners;
    readonly canAsk: boolean;
    readonly signal: AbortSignal;
  },
): Promise<DeviceInspection> {
  const { projectId, owners, canAsk, signal } = how;
  const lines: string[] = [];
  let healthy = true;
  const wrong = (line: string): void => {
    lines.push(line);
    healthy = false;
  };
  for (const { server, port, by } of links) {
    const where = `server ${server}  port ${port}`;
    const found = ports.find((one) => one.id === port);
    if (found === undefined) {
      const elsewhere = (await client.port(port, signal))?.project_id;
      wrong(
        `${where}: ${elsewhere === undefined ? 'MISSING, or the login may not see it' : `belongs to another project (${elsewhere}): configure that one`}`,
      );
      continue;
    }
    const { allowed_address_pairs: pairs, mac_address: mac, network_id: network } = found;
    lines.push(`${where}: ${mac}, ${pairs.length} of ${maxPairs} pairs${by === 'tag' ? ', by its tag' : ''}`);
    const { notEnforced, remarks } = findingsOf(found, maxPairs, ports);
    lines.push(
      ...notEnforced.map((text) => `${where}: NOT ENFORCED: ${text}`),
      ...remarks.map((text) => `${where}: ${text}`),
    );
    const isShared = owners.get(network) !== projectId;
    if (isShared) lines.push(`${where}: ITS NETWORK is another project's`);
    if (!canAsk) {
      if (isShared) lines.push(`${where}: ${ADMINISTRATORS}`);
      continue;
    }
    const right = await rightTo(client, found, owned, signal);
    if (right.kind === 'may') lines.push(`${where}: the login may change it`);
    else if (right.kind === 'unknown')
      lines.push(`${where}: whether the login may change it is not known: ${right.why}`);
    else wrong(`${where}: the login may NOT change it (403, ${right.why}); see docs/neutron.md#rights`);
  }
  return { lines, healthy };
}

/** What is special about the ports of no server, which a policy may concern. */
function others(
  ports: readonly InspectedPort[],
  all: readonly InspectedPort[],
  maxPairs: number,
  isShared: (port: InspectedPort) => boolean,
): readonly string[] {
  const special = ports.flatMap((port) => {
    const { notEnforced, remarks } = findingsOf(port, maxPairs, all);
    const texts = [
      ...notEnforced.map((text) => `NOT ENFORCED: ${text}`),
      ...remarks,
      ...(isShared(port) ? [`its network is another project's: ${ADMINISTRATORS}`] : []),
    ];
    const name = port.name === '' ? '' : ` (${port.name})`;
    return texts.length === 0 ? [] : [`port ${port.id}${name}: ${texts.join('; ')}`];
  });
  const more = special.length - MOST_OTHERS;
  return [...special.slice(0, MOST_OTHERS), ...(more > 0 ? [`and ${more} further ports with remarks`] : [])];
}
