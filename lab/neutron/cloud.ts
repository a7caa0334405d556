import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import type { CloudWorld } from '../scenarios/scenario';
import { startNeutronLab, type NeutronLab, type NeutronLabOptions } from './lab';
import { seedProject } from './seed';

/** What the tag of a port begins with that gives it to a server of the panel. */
const SERVER_TAG_PREFIX = 'portwarden-server-';

/** A cloud of a scenario that runs. */
export interface RunningCloud {
  readonly world: CloudWorld;
  readonly lab: NeutronLab;
  /** The id of a port of the scenario, by its name. */
  readonly portId: (name: string) => string;
  /** A `clouds.yaml` with the login of the project's operator, for portwarden and for OpenStack's own client. */
  readonly cloudsYaml: string;
  /** The section `openstack` of a portwarden.yaml. */
  readonly section: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Starts the cloud that a scenario describes. */
export async function startCloud(world: CloudWorld, options: NeutronLabOptions = {}): Promise<RunningCloud> {
  const lab = await startNeutronLab(options);
  const { addPort, operator, password, projectId } = seedProject(lab);
  const ids = new Map<string, string>();
  const groups = new Map<string, string>();
  const groupId = (name: string): string => {
    const id = groups.get(name) ?? lab.state.addGroup(projectId, name).id;
    groups.set(name, id);
    return id;
  };
  for (const { name, machine, address, groups: named, floatingIp, server } of world.ports) {
    const { id } = addPort(name, machine, address);
    ids.set(name, id);
    if (named !== undefined) await lab.ports.update(operator, id, { security_groups: named.map(groupId) }, undefined);
    if (floatingIp !== undefined) {
      const floating = { id: randomUUID(), project_id: projectId, floating_ip_address: floatingIp, port_id: id };
      lab.state.floatingIps.set(floating.id, floating);
    }
    if (server?.by === 'tag') lab.ports.tags(operator, id, () => [`${SERVER_TAG_PREFIX}${server.id}`]);
  }
  const portId = (name: string): string => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`the scenario has no port ${name}`);
    return id;
  };
  const configured = world.ports.flatMap(({ name, server }) =>
    server?.by === 'configuration' ? [[String(server.id), portId(name)] as const] : [],
  );
  return {
    world,
    lab,
    portId,
    cloudsYaml: stringify({
      clouds: {
        [world.name]: {
          auth: {
            auth_url: lab.authUrl,
            username: operator.user,
            password,
            project_name: 'lab',
            user_domain_name: 'Default',
            project_domain_name: 'Default',
          },
          region_name: 'RegionOne',
          identity_api_version: 3,
        },
      },
    }),
    section: {
      projects: [
        {
          name: world.name,
          cloud: world.name,
          servers: Object.fromEntries(configured),
          serverTagPrefix: SERVER_TAG_PREFIX,
        },
      ],
    },
    close: () => lab.close(),
  };
}
