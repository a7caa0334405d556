import { createHash } from 'node:crypto';
import { denied, failure, may, ok, type ApiAnswer, type ApiCall } from './answer';
import { withChanges, type LabGuest } from './cluster';

const MODIFIED = failure(500, 'detected modified configuration - file changed by other user? Try again.');

/** Of the whole file of a guest. */
export function digestOf(guest: LabGuest): string {
  return createHash('sha1')
    .update(JSON.stringify([guest.config, guest.pending, guest.lock]))
    .digest('hex');
}

/**
 * PUT of a guest's configuration, as far as NICs go (qemu-server `PVE/API2/Qemu.pm`, pve-container `PVE/API2/LXC/Config.pm`): a NIC
 * is replaced whole, and gets another MAC when the text has none. It is plugged anew, or waits for the next start.
 */
export function putGuestConfig(call: ApiCall): ApiAnswer | undefined {
  const { method, segments, cluster, contact, form } = call;
  const [first, name = '', kind, id = '', leaf] = segments;
  if (method !== 'PUT' || first !== 'nodes' || (kind !== 'qemu' && kind !== 'lxc') || leaf !== 'config')
    return undefined;
  if (segments.length !== 5) return undefined;
  if (!may(call, `/vms/${id}`, 'VM.Config.Network')) return denied(`/vms/${id}`, 'VM.Config.Network');
  const { digest, ...changes } = form;
  if (Object.keys(changes).some((key) => !/^net\d+$/.test(key))) return failure(400, 'Parameter verification failed.');
  const bridges = Object.values(changes).flatMap((text) => /(?:^|,)bridge=([^,]+)/.exec(text)?.[1] ?? []);
  const zone = bridges.map((bridge) => `/sdn/zones/localnetwork/${bridge}`).find((path) => !may(call, path, 'SDN.Use'));
  if (zone !== undefined) return denied(zone, 'SDN.Use');
  const node = cluster.node(name);
  if (node === undefined) return failure(500, `hostname lookup '${name}' failed`);
  if (!node.online && node !== contact) return failure(595, 'No route to host');
  const guest = cluster.guests.find((one) => one.node === name && one.type === kind && String(one.vmid) === id);
  if (guest === undefined)
    return failure(
      500,
      `Configuration file 'nodes/${name}/${kind === 'qemu' ? 'qemu-server' : 'lxc'}/${id}.conf' does not exist`,
    );
  if (digest !== undefined && digest !== digestOf(guest)) return MODIFIED;
  if (guest.lock !== undefined) return failure(500, `${kind === 'qemu' ? 'VM' : 'CT'} is locked (${guest.lock})`);
  const whole = Object.fromEntries(Object.entries(changes).map(([key, text]) => [key, withMac(text)]));
  if (guest.plugsAnew) guest.config = withChanges(guest.config, whole);
  else guest.pending = { ...guest.pending, ...whole };
  return ok(null);
}

function withMac(text: string): string {
  return /[0-9a-f]{2}(:[0-9a-f]{2}){5}/i.test(text) ? text : `${text},macaddr=BC:24:11:FF:FF:FF`;
}
