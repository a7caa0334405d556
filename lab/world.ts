import { startJunosSwitch, type JunosSwitch, type JunosSwitchOptions } from './junos';
import { filterToken } from './proxmox/access';
import { startCloud, type RunningCloud } from './neutron/cloud';
import { makeIdentity } from './proxmox/certificates';
import { startProxmoxLab, type ProxmoxLab } from './proxmox/lab';
import type { Scenario } from './scenarios/scenario';
import { startTenantosLab, type TenantosLab } from './tenantos/lab';

/** Fixed secrets of the lab. They open nothing but the lab. */
export const LAB_SECRETS = {
  apiKey: 'lab-tenantos-key-4711',
  proxmoxToken: 'portwarden@pve!lab=0a1b2c3d-0000-4000-8000-00000000cafe',
  /** May write filters of guests, too. */
  proxmoxFilterToken: 'filters@pve!lab=0a1b2c3d-0000-4000-8000-00000000f117',
  bearerToken: 'lab-bearer-token-0123456789',
} as const;

/** A whole world that runs: panel, clusters, switches, wired to each other. */
export interface LabWorld {
  readonly scenario: Scenario;
  readonly panel: TenantosLab;
  /** By cluster name. */
  readonly clusters: ReadonlyMap<string, ProxmoxLab>;
  /** By the panel's switch id. */
  readonly switches: ReadonlyMap<number, JunosSwitch>;
  readonly cloud: RunningCloud | undefined;
  close(): Promise<void>;
}

/** Starts everything a scenario describes, on free ports of 127.0.0.1. What was started is ended when a part fails. */
export async function startLabWorld(
  scenario: Scenario,
  junos: Partial<JunosSwitchOptions> | ((switchId: number) => Partial<JunosSwitchOptions>) = {},
): Promise<LabWorld> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let end = closing.pop(); end !== undefined; end = closing.pop()) await end();
  };
  try {
    const panel = await startTenantosLab({ world: scenario.panel, apiKey: LAB_SECRETS.apiKey });
    closing.push(() => panel.close());
    const clusters = new Map<string, ProxmoxLab>();
    // One certificate for all clusters: making one takes a tenth of a second of computing.
    const identity =
      scenario.proxmox.length === 0
        ? undefined
        : makeIdentity({
            names: [
              'localhost',
              '127.0.0.1',
              '::1',
              ...scenario.proxmox.flatMap(({ nodes }) => nodes.map(({ name }) => name)),
            ],
          });
    for (const world of scenario.proxmox) {
      const cluster = await startProxmoxLab({
        world,
        ...(identity === undefined ? {} : { identity }),
        tokens: [LAB_SECRETS.proxmoxToken, filterToken(LAB_SECRETS.proxmoxFilterToken)],
        authFailureDelayMs: 100,
      });
      closing.push(() => cluster.close());
      clusters.set(world.name, cluster);
    }
    const switches = new Map<number, JunosSwitch>();
    for (const { id, profile, username, password, configuration } of scenario.switches) {
      const simulated = await startJunosSwitch({
        profile,
        username,
        password,
        configuration,
        ...(typeof junos === 'function' ? junos(id) : junos),
      });
      closing.push(() => simulated.close());
      switches.set(id, simulated);
      panel.setSwitch(id, { host: simulated.host, managementPort: simulated.port });
    }
    const cloud = scenario.cloud === undefined ? undefined : await startCloud(scenario.cloud);
    if (cloud !== undefined) closing.push(() => cloud.close());
    return { scenario, panel, clusters, switches, cloud, close };
  } catch (error) {
    await close();
    throw error;
  }
}
