import type { NeutronClient } from '../../clients/openstack/neutron';
import { PortwardenError } from '../../domain/errors';
import type { DeviceInspection } from '../driver';
import type { ProjectSettings } from './configuration';

/** Without these there is nothing to enforce with. */
const NEEDED = ['port-security', 'allowed-address-pairs', 'security-group'];
const WANTED = 'revision-if-match';

/** Looks at a project as a pass would: login, extensions, and each port that a server has. Changes nothing. */
export async function inspectProject(
  client: NeutronClient,
  { servers, maxPairs, authUrl }: ProjectSettings,
  signal: AbortSignal,
): Promise<DeviceInspection> {
  const { id, name } = await client.project(signal);
  const lines = [`Keystone   ${authUrl}: project ${name} (${id})`];
  let healthy = true;
  for (const alias of [...NEEDED, WANTED]) {
    const isThere = await client.hasExtension(alias, signal);
    const without =
      alias === WANTED
        ? 'missing: a writer of the same moment is found by reading alone'
        : 'MISSING: nothing can be enforced';
    lines.push(`extension  ${alias}: ${isThere ? 'there' : without}`);
    if (!isThere && alias !== WANTED) healthy = false;
  }
  const ports = await client.ports({ project_id: id }, signal);
  const withPairs = ports.filter((port) => port.allowed_address_pairs.length > 0).length;
  lines.push(
    `ports      ${ports.length} in the project, ${withPairs} with address pairs, ${servers.size} of them linked to servers`,
  );
  for (const [server, port] of servers) {
    const found = ports.find((one) => one.id === port) ?? (await client.port(port, signal));
    const where = `server ${server}  port ${port}`;
    if (found?.project_id !== id) {
      const project = found === undefined ? '' : `belongs to another project (${found.project_id}): configure that one`;
      lines.push(`${where}: ${found === undefined ? 'MISSING, or the login may not see it' : project}`);
      healthy = false;
      continue;
    }
    const { allowed_address_pairs: pairs, port_security_enabled: isOn, mac_address: mac } = found;
    lines.push(
      `${where}: ${mac}, ${isOn === false ? 'port security OFF, takes no pair' : `${pairs.length} of ${maxPairs} pairs`}`,
    );
    if ((await client.networkOwner(found.network_id, signal)) !== id)
      lines.push(
        `${where}: ITS NETWORK is another project's: by Neutron's own rules only an administrator may change its pairs`,
      );
  }
  return { lines, healthy };
}

/** The MAC of a port. @throws PortwardenError `device-rejected` when there is no such port. */
export async function macOf(client: NeutronClient, port: string, signal: AbortSignal): Promise<string> {
  const found = await client.port(port, signal);
  if (found !== undefined) return found.mac_address;
  throw new PortwardenError('device-rejected', `There is no port ${port}, or the login may not see it`);
}
