import type { NeutronClient } from '../../clients/openstack/neutron';
import type { FloatingIp, SecurityGroup, Subnet } from '../../clients/openstack/schemas';
import { PortwardenError } from '../../domain/errors';

/** What a cloud has around its ports, by which port policies are judged. */
export interface Surroundings {
  /** By their ids. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly subnets: readonly Subnet[];
  /** Undefined: the login may not see them. */
  readonly floatingIps: readonly FloatingIp[] | undefined;
}

/** Reads it. Floating IPs are for words only, so a login that may not see them is no fault. */
export async function readSurroundings(client: NeutronClient, signal: AbortSignal): Promise<Surroundings> {
  const [groups, subnets, floatingIps] = await Promise.all([
    client.securityGroups(signal),
    client.subnets(signal),
    client.floatingIps(signal).catch((error: unknown) => {
      if (error instanceof PortwardenError && error.code === 'device-permission') return undefined;
      throw error;
    }),
  ]);
  return { groups: new Map(groups.map((group) => [group.id, group])), subnets, floatingIps };
}
