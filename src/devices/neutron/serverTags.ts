import type { NeutronClient } from '../../clients/openstack/neutron';
import type { NeutronPort } from '../../clients/openstack/schemas';
import { parseServerId, type ServerId } from '../../domain/event/event';

/** The servers whose tags a port carries: `<prefix><server id>`. */
export function taggedServers({ tags }: Pick<NeutronPort, 'tags'>, prefix: string): readonly ServerId[] {
  return tags.flatMap((tag) => {
    const id = tag.startsWith(prefix) ? tag.slice(prefix.length) : '';
    return /^[1-9]\d{0,9}$/.test(id) ? [parseServerId(Number(id))] : [];
  });
}

/** The ports of the login's project that carry the tag of a server. */
export async function portsTagged(
  client: NeutronClient,
  prefix: string,
  server: ServerId,
  signal: AbortSignal,
): Promise<readonly NeutronPort[]> {
  const { id } = await client.project(signal);
  const tag = `${prefix}${server}`;
  // A cloud that does not know the filter might answer with every port.
  return (await client.ports({ project_id: id, tags: tag }, signal)).filter(({ tags }) => tags.includes(tag));
}
