import { NeutronClient } from '../../clients/openstack/neutron';
import type { CloudLogin } from '../../clients/openstack/options';
import { PortwardenError } from '../../domain/errors';
import { deviceId, deviceKeyOf, type DeviceId } from '../../domain/values/device';
import type { PolicyFields } from '../../domain/policies/policy';
import type { TaggedPort } from '../../domain/servers/portLink';
import { parseMac } from '../../domain/values/mac';
import { parsePortName } from '../../domain/values/port';
import { defineDriver, type DevicesOfKind, type DriverSurroundings } from '../driver';
import type { ConfiguredCloudLogin } from './clouds/cloudAccess';
import { openstackSection, type OpenStackSettings, type ProjectSettings } from './configuration';
import { CLOUD_COVERAGE } from './coverage';
import { inspectProject } from './inspection/inspection';
import { KIND, portId } from './naming';
import { NeutronDevice } from './neutronDevice';
import { whyNotOwned } from './ownedAttributes';
import { portsTagged, taggedServers } from './serverTags';

/** A pass that has begun to write may need so many of the longest answers; what it left is found by the next one's reading. */
const EXCHANGES = 8;
/** Any question does to find out whether a cloud that was away answers: it is asked for this extension, for so long at most, in milliseconds. */
const REVISIONS = 'revision-if-match';
const ANSWER_MS = 5_000;

/** Ports of OpenStack projects; the key is the name of the project in the configuration. */
export const neutronDriver = defineDriver({
  kind: KIND,
  passActivity: 'updateNeutronPorts',
  configuration: { name: 'openstack', section: openstackSection },
  coverage: CLOUD_COVERAGE,
  longestCommitMs: ({ projects }) => Math.max(0, ...projects.map(({ timeoutMs }) => timeoutMs * EXCHANGES)),
  deviceKeys: ({ projects }) => projects.map(({ name }) => name),
  naming: () => ({ toDevice: portId, toPanel: portId }),
  devices: (settings, surroundings) => new NeutronProjects(settings, surroundings),
});

class NeutronProjects implements DevicesOfKind {
  /** One for each project: they keep its token. */
  private readonly clients = new Map<string, NeutronClient>();

  constructor(
    private readonly settings: OpenStackSettings,
    private readonly surroundings: Pick<DriverSurroundings, 'observerOf'>,
  ) {}

  readonly ownPorts: NonNullable<DevicesOfKind['ownPorts']> = {
    links: () =>
      this.settings.projects.flatMap(({ name, servers }) =>
        [...servers].map(([serverId, port]) => ({ serverId, device: deviceId(KIND, name), port })),
      ),
    tagged: async (server, signal) => {
      const found = await Promise.all(
        this.settings.projects.map(async (project): Promise<readonly TaggedPort[]> => {
          const { name, serverTagPrefix: prefix } = project;
          if (prefix === undefined) return [];
          const ports = await portsTagged(this.clientOf(project), prefix, server, signal);
          return ports.map((port) => ({
            device: deviceId(KIND, name),
            port: parsePortName(port.id),
            servers: taggedServers(port, prefix),
          }));
        }),
      );
      return found.flat();
    },
    tagsOf: async ({ device, port }, signal) => {
      const project = this.project(device);
      if (project.serverTagPrefix === undefined) return [];
      const found = await this.clientOf(project).port(portId(port), signal);
      return found === undefined ? [] : taggedServers(found, project.serverTagPrefix);
    },
    macOf: async ({ device, port }, signal) =>
      parseMac(await macOf(this.clientOf(this.project(device)), portId(port), signal)),
  };

  open(id: DeviceId): NeutronDevice {
    const project = this.project(id);
    return new NeutronDevice({ id, client: this.clientOf(project), maxPairs: project.maxPairs, owned: project.owned });
  }

  /** The panel has no part of a cloud's login. */
  configuredLogin(): ReturnType<DevicesOfKind['configuredLogin']> {
    return { host: true, user: true, secret: true };
  }

  /** A project carries out whatever else policies say of the attributes that are owned; what a cloud lacks of it is found out by the pass. */
  policyRefusal(id: DeviceId, fields: PolicyFields): string | undefined {
    const { owned } = this.project(id);
    if (fields.allowedAddressPairs?.some(({ vlan }) => vlan !== undefined) === true)
      return 'its ports are in one network each, in which their further addresses pass: those of a cloud name no VLAN';
    return whyNotOwned(owned, fields);
  }

  async answers(id: DeviceId, signal: AbortSignal): Promise<boolean> {
    await this.clientOf(this.project(id)).hasExtension(
      REVISIONS,
      AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    );
    return true;
  }

  inspect(id: DeviceId, signal: AbortSignal): ReturnType<DevicesOfKind['inspect']> {
    const project = this.project(id);
    return inspectProject(this.clientOf(project), project, signal);
  }

  private project(id: DeviceId): ProjectSettings {
    const found = this.settings.projects.find(({ name }) => name === deviceKeyOf(id));
    if (found !== undefined) return found;
    const known = this.settings.projects.map(({ name }) => name).join(', ') || 'none';
    throw new PortwardenError(
      'device-not-configured',
      `${id} is no project under openstack.projects; there are: ${known}`,
    );
  }

  private clientOf(project: ProjectSettings): NeutronClient {
    const { name, authUrl, login, region, interface: wanted, ca, insecure, timeoutMs } = project;
    const known = this.clients.get(name);
    if (known !== undefined) return known;
    const observe = this.surroundings.observerOf?.(deviceId(KIND, name));
    const client = new NeutronClient({
      authUrl,
      login: revealed(login),
      interface: wanted,
      timeoutMs,
      ...(region === undefined ? {} : { region }),
      ...(ca === undefined ? {} : { ca }),
      ...(insecure === undefined ? {} : { insecure }),
      ...(observe === undefined ? {} : { observe }),
    });
    this.clients.set(name, client);
    return client;
  }
}

/** Hand the result to the client and nowhere else. */
function revealed(login: ConfiguredCloudLogin): CloudLogin {
  if (login.method === 'applicationCredential') return { ...login, secret: login.secret.reveal() };
  const { secret, ...rest } = login;
  return { ...rest, password: secret.reveal() };
}

/** The MAC of a port. @throws PortwardenError `device-rejected` when there is no such port. */
async function macOf(client: NeutronClient, port: string, signal: AbortSignal): Promise<string> {
  const found = await client.port(port, signal);
  if (found !== undefined) return found.mac_address;
  throw new PortwardenError('device-rejected', `There is no port ${port}, or the login may not see it`);
}
