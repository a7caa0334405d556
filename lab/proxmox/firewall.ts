import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { denied, failure, may, ok, type ApiAnswer, type ApiCall } from './answer';

/** An entry of a set. */
export interface LabSetEntry {
  readonly cidr: string;
  readonly nomatch?: 1;
  readonly comment?: string;
}

/** What Proxmox keeps in /etc/pve/firewall/{vmid}.fw: it is of the whole cluster, and goes with no node. */
export interface LabFirewall {
  /** As typed: what is absent has Proxmox' default. */
  readonly options: Record<string, number | string>;
  readonly sets: Map<string, { comment?: string; entries: LabSetEntry[] }>;
}

/** A guest's firewall without anything. */
export function emptyFirewall(): LabFirewall {
  return { options: {}, sets: new Map() };
}

/**
 * Answers calls about firewalls as pve-firewall does (`PVE/API2/Firewall/{Cluster,VM,IPSet}.pm`); undefined for other
 * calls. Sets are answered by the host that was asked, whatever node the path names, and whether or not the guest exists.
 */
export function answerFirewall(call: ApiCall): ApiAnswer | undefined {
  const { method, segments, cluster } = call;
  if (segments.join('/') === 'cluster/firewall/options' && method === 'GET')
    return may(call, '/', 'Sys.Audit')
      ? ok({ ...cluster.firewallOptions, digest: digestOf([cluster.firewallOptions]) })
      : denied('/', 'Sys.Audit');
  const [first, node = '', kind, id = '', what, leaf, name, ...cidr] = segments;
  if (first !== 'nodes' || (kind !== 'qemu' && kind !== 'lxc') || what !== 'firewall') return undefined;
  const privilege = method === 'GET' ? 'VM.Audit' : 'VM.Config.Network';
  if (!may(call, `/vms/${id}`, privilege)) return denied(`/vms/${id}`, privilege);
  const vmid = Number(id);
  const firewall = cluster.firewalls.get(vmid) ?? emptyFirewall();
  if (leaf === 'options' && name === undefined && (method === 'GET' || method === 'PUT')) {
    const online = cluster.node(node);
    if (online === undefined) return failure(500, `hostname lookup '${node}' failed`);
    if (!online.online && online !== call.contact) return failure(595, 'No route to host');
    if (method === 'GET') return ok({ ...firewall.options, digest: digestOf([firewall.options]) });
    const { digest, ...changes } = call.form;
    if (isModified(digest, [firewall.options])) return MODIFIED;
    Object.assign(firewall.options, changes);
    cluster.firewalls.set(vmid, firewall);
    return ok(null);
  }
  if (leaf !== 'ipset') return undefined;
  const answer =
    name === undefined
      ? onSets(call, firewall)
      : onSet(call, firewall, name, cidr.length === 0 ? undefined : cidr.join('/'));
  if (answer?.status === 200 && method !== 'GET') cluster.firewalls.set(vmid, firewall);
  return answer;
}

function onSets({ method, form }: ApiCall, { sets }: LabFirewall): ApiAnswer | undefined {
  if (method === 'GET') return ok(withDigest(listOf(sets)));
  if (method !== 'POST') return undefined;
  const { name = '', rename, comment, digest } = form;
  if (!isSetName(name)) return wrong('name', 'value does not match the regex pattern');
  if (rename === undefined) {
    if (sets.has(name)) return wrong('name', `IPSet '${name}' already exists`);
    sets.set(name, { entries: [], ...(comment === undefined ? {} : { comment }) });
    return ok(null);
  }
  if (isModified(digest, listOf(sets))) return MODIFIED;
  const set = sets.get(rename);
  if (set === undefined) return wrong('name', `IPSet '${rename}' does not exist`);
  if (name !== rename && sets.has(name)) return wrong('name', `IPSet '${name}' does already exist`);
  sets.delete(rename);
  sets.set(name, comment === undefined ? set : { ...set, comment });
  return ok(null);
}

function onSet(call: ApiCall, { sets }: LabFirewall, name: string, cidr: string | undefined): ApiAnswer | undefined {
  const { method, form, query } = call;
  const set = sets.get(name);
  if (set === undefined) return failure(500, `no such IPSet '${name}'`);
  if (cidr !== undefined) {
    if (method === 'GET') {
      const entry = withDigest(set.entries).find((one) => one['cidr'] === cidr);
      return entry === undefined ? wrong('cidr', 'no such IP/Network') : ok(entry);
    }
    if (method !== 'DELETE') return undefined;
    if (isModified(query.get('digest') ?? undefined, set.entries)) return MODIFIED;
    set.entries = set.entries.filter((entry) => entry.cidr !== cidr);
    return ok(null);
  }
  if (method === 'GET') return ok(withDigest(set.entries));
  if (method === 'DELETE') {
    if (set.entries.length > 0 && query.get('force') !== '1') return failure(500, `IPSet '${name}' is not empty`);
    sets.delete(name);
    return ok(null);
  }
  return method === 'POST' ? addEntry(call, set, form) : undefined;
}

function addEntry(
  { cluster }: ApiCall,
  set: { entries: LabSetEntry[] },
  { cidr: given = '', nomatch, comment }: ApiCall['form'],
): ApiAnswer {
  const cidr = normalised(given);
  if (cidr === undefined)
    return wrong('cidr', 'invalid format - value does not look like a valid IP address or CIDR network');
  if (set.entries.some((entry) => entry.cidr === cidr)) return wrong('cidr', `address '${cidr}' already exists`);
  if (/\/0+$/.test(cidr)) return wrong('cidr', 'a zero prefix is not allowed in ipset entries');
  if (cluster.refusedEntries.includes(cidr)) return wrong('cidr', 'the lab refuses this address');
  set.entries.unshift({
    cidr,
    ...(nomatch === '1' ? { nomatch: 1 } : {}),
    ...(comment === undefined || comment === '' ? {} : { comment }),
  });
  return ok(null);
}

/** `parse_ip_or_cidr`: the length of a single address goes, everything else stays as it is typed. An alias stays too. */
function normalised(given: string): string | undefined {
  if (/^(?:dc\/|guest\/)?[A-Za-z][A-Za-z0-9_-]+$/.test(given)) return given;
  const [address = '', length, ...more] = given.split('/');
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  if (
    version === 0 ||
    more.length > 0 ||
    (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= bits))
  )
    return undefined;
  return length === undefined || Number(length) === bits ? address : given;
}

const MODIFIED = failure(500, 'detected modified configuration - file changed by other user? Try again.');

function wrong(parameter: string, rule: string): ApiAnswer {
  return { ...failure(400, 'Parameter verification failed.'), errors: { [parameter]: rule } };
}

function isSetName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{1,63}$/.test(name);
}

function listOf(sets: LabFirewall['sets']): Record<string, string>[] {
  return [...sets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { comment }]) => ({ name, ...(comment === undefined ? {} : { comment }) }));
}

function isModified(digest: string | undefined, list: readonly object[]): boolean {
  return digest !== undefined && digest !== digestOf(list);
}

function withDigest(list: readonly object[]): Record<string, unknown>[] {
  const digest = digestOf(list);
  return list.map((row) => ({ ...row, digest }));
}

/** `copy_list_with_digest`: SHA-1 over the keys in order and their values. */
function digestOf(list: readonly object[]): string {
  const hash = createHash('sha1');
  for (const row of list)
    for (const [key, value] of Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
      hash.update(`${key}:${String(value)}\n`);
  return hash.digest('hex');
}
