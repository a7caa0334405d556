import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { badRequest, Refusal, textOf } from './answers';
import { ordered, readPairs } from './pairs';
import { judge, networkOf, sees, type Attributes } from './policy';
import type { Caller, CloudState, Pair, Port } from './world';

/** How the cloud's database treats writers that come at the same moment (recorded on both). */
export type DatabaseKind = 'sqlite' | 'postgresql';

/** What a cloud is set to. */
export interface PortRules {
  /** `max_allowed_address_pair`. */
  readonly maxPairs: number;
  /** `sqlite` takes one request at a time; `postgresql` checks the revision first and writes later. */
  readonly database: DatabaseKind;
  /** `postgresql`: how many writers pass the check before the first of them writes. */
  readonly writersAtOnce: number;
  /** Whether a reader of the project may only read (`enforce_new_defaults`). */
  readonly newDefaults: boolean;
}

const READ_ONLY = [
  'id',
  'status',
  'network_id',
  'tenant_id',
  'project_id',
  'created_at',
  'updated_at',
  'revision_number',
  'tags',
];
const WRITABLE = [
  'name',
  'description',
  'admin_state_up',
  'device_id',
  'device_owner',
  'mac_address',
  'security_groups',
  'allowed_address_pairs',
  'port_security_enabled',
  'binding:host_id',
  'extra_dhcp_opts',
];
const CREATABLE = [...WRITABLE, 'network_id', 'project_id', 'tenant_id', 'fixed_ips'];

/** What a write leaves behind. */
type Security = Pick<Port, 'port_security_enabled' | 'security_groups' | 'allowed_address_pairs'>;

/** The ports of a cloud: create, read, update with `If-Match`, delete. Every method throws a {@link Refusal}. */
export class Ports {
  /** Addresses that the cloud does not take in a pair. */
  refused: readonly string[] = [];
  private readonly checked: (() => void)[] = [];

  constructor(
    private readonly state: CloudState,
    private readonly rules: PortRules,
  ) {}

  create(caller: Caller, body: Attributes): Port {
    refuseUnknown(body, CREATABLE);
    const network = this.state.networks.get(String(body['network_id']));
    if (network === undefined)
      throw new Refusal(404, 'NetworkNotFound', `Network ${String(body['network_id'])} could not be found.`);
    const projectId = textOf(body['project_id'] ?? body['tenant_id'] ?? caller.projectId);
    const owner = textOf(body['device_owner'] ?? '');
    const isTrusted = owner.startsWith('network:');
    const mac = typeof body['mac_address'] === 'string' ? body['mac_address'] : newMac();
    const enabled =
      'port_security_enabled' in body
        ? readBoolean(body['port_security_enabled'])
        : network.port_security_enabled && !isTrusted;
    const pairs =
      'allowed_address_pairs' in body ? readPairs(body['allowed_address_pairs'], mac, this.rules.maxPairs) : [];
    judge('create_port', caller, { project_id: projectId }, network, body);
    const groups =
      'security_groups' in body
        ? this.readGroups(caller, body['security_groups'])
        : enabled
          ? [this.state.defaultGroup(projectId).id]
          : [];
    refuseTogether({ port_security_enabled: enabled, security_groups: groups, allowed_address_pairs: pairs }, body);
    const port: Port = {
      id: randomUUID(),
      network_id: network.id,
      project_id: projectId,
      name: textOf(body['name'] ?? ''),
      description: '',
      mac_address: mac,
      device_id: textOf(body['device_id'] ?? ''),
      device_owner: owner,
      fixed_ips: this.allocate(network.id, body['fixed_ips']),
      admin_state_up: true,
      port_security_enabled: enabled,
      security_groups: groups,
      allowed_address_pairs: ordered(pairs),
      host: '',
      vnic_type: 'normal',
      tags: [],
      created_at: this.state.now(),
      updated_at: this.state.now(),
      revision_number: 1,
    };
    this.state.ports.set(port.id, port);
    return port;
  }

  /** A port that the caller may see. */
  get(caller: Caller, id: string): Port {
    const port = this.state.ports.get(id);
    if (port !== undefined && sees(caller, port, networkOf(this.state, port))) return port;
    throw new Refusal(404, 'PortNotFound', `Port ${id} could not be found.`);
  }

  /** @returns the port as the answer shows it: its revision may be one behind what a GET shows then. */
  async update(caller: Caller, id: string, body: Attributes, ifMatch: string | undefined): Promise<Port> {
    const readOnly = Object.keys(body).find((name) => READ_ONLY.includes(name));
    if (readOnly !== undefined) throw badRequest(`Cannot update read-only attribute ${readOnly}`);
    refuseUnknown(body, WRITABLE);
    const expected = readIfMatch(ifMatch);
    const port = this.get(caller, id);
    const change = this.read(caller, port, body);
    const refused = (change.allowed_address_pairs ?? []).find(({ ip_address }) => this.refused.includes(ip_address));
    if (refused !== undefined) throw badRequest(`'${refused.ip_address}' is not allowed here`);
    judge('update_port', this.withoutReading(caller), port, networkOf(this.state, port), body);
    if (expected !== undefined && expected !== port.revision_number) throw stale(expected, port.revision_number);
    if (Object.keys(body).length === 0) return { ...port };
    const read: Security = { ...port };
    if (this.rules.database === 'postgresql') await this.others();
    return this.write(port, read, change, body);
  }

  /** The tags of a port: read, and with a change written. Each write takes the revision up. */
  tags(caller: Caller, id: string, change?: (tags: readonly string[]) => readonly string[]): readonly string[] {
    const port = this.get(caller, id);
    if (change === undefined) return port.tags;
    judge('update_port', this.withoutReading(caller), port, networkOf(this.state, port), {});
    port.tags = [...new Set(change(port.tags))].sort();
    port.revision_number += 1;
    port.updated_at = this.state.now();
    return port.tags;
  }

  delete(caller: Caller, id: string, ifMatch: string | undefined): void {
    const expected = readIfMatch(ifMatch);
    const { revision_number: current } = this.get(caller, id);
    if (expected !== undefined && expected !== current) throw stale(expected, current);
    this.state.ports.delete(id);
  }

  /** Waits for as many writers as come at the same moment. */
  private others(): Promise<void> {
    return new Promise((resolve) => {
      this.checked.push(resolve);
      if (this.checked.length < this.rules.writersAtOnce) return;
      for (const go of this.checked.splice(0)) go();
    });
  }

  /** What a body makes of a port, judged against the port as it is. */
  private read(caller: Caller, port: Port, body: Attributes): Partial<Port> {
    const mac = 'mac_address' in body ? String(body['mac_address']) : port.mac_address;
    const change: Partial<Port> = {
      ...('name' in body ? { name: String(body['name']) } : {}),
      ...('description' in body ? { description: String(body['description']) } : {}),
      ...('device_id' in body ? { device_id: String(body['device_id']) } : {}),
      ...('device_owner' in body ? { device_owner: String(body['device_owner']) } : {}),
      ...('mac_address' in body ? { mac_address: mac } : {}),
      ...('binding:host_id' in body ? { host: String(body['binding:host_id']) } : {}),
      ...('port_security_enabled' in body ? { port_security_enabled: readBoolean(body['port_security_enabled']) } : {}),
      ...('allowed_address_pairs' in body
        ? { allowed_address_pairs: readPairs(body['allowed_address_pairs'], port.mac_address, this.rules.maxPairs) }
        : {}),
      ...('security_groups' in body ? { security_groups: this.readGroups(caller, body['security_groups']) } : {}),
    };
    refuseTogether({ ...port, ...change }, body);
    return change;
  }

  /**
   * Writes what was judged a moment ago. With PostgreSQL writers of the same moment have all passed the check by now:
   * those of one list alone end up merged, of those with several attributes the last one stays.
   */
  private write(port: Port, read: Security, change: Partial<Port>, body: Attributes): Port {
    const isOneList = Object.keys(body).length === 1;
    const { allowed_address_pairs: pairs, security_groups: groups } = change;
    const isUnchanged =
      Object.keys(body).every((name) => name === 'allowed_address_pairs' || name === 'security_groups') &&
      (pairs === undefined || isDeepStrictEqual(ordered(pairs), ordered(port.allowed_address_pairs))) &&
      (groups === undefined || isDeepStrictEqual([...groups].sort(), [...port.security_groups].sort())) &&
      !asTypedDiffers(body['allowed_address_pairs']);
    const answered = isUnchanged ? port.revision_number : port.revision_number + 1;
    const merged = {
      ...(pairs === undefined ? {} : { allowed_address_pairs: ordered(isOneList ? added(port, read, pairs) : pairs) }),
      ...(groups === undefined || !isOneList
        ? {}
        : {
            security_groups: [
              ...new Set([...port.security_groups.filter((id) => !read.security_groups.includes(id)), ...groups]),
            ],
          }),
    };
    Object.assign(port, change, merged);
    this.touch(port);
    return { ...port, revision_number: answered };
  }

  private touch(port: Port): void {
    port.revision_number += 1;
    port.updated_at = this.state.now();
  }

  private readGroups(caller: Caller, value: unknown): readonly string[] {
    if (value === null) return [];
    if (!Array.isArray(value)) throw badRequest(`'${textOf(value)}' is not a list`);
    const ids = value.map(String);
    if (new Set(ids).size !== ids.length) throw badRequest(`Duplicate items in the list: '${ids.join(', ')}'`);
    for (const id of ids) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw badRequest(`'${id}' is not a valid UUID`);
      const group = this.state.groups.get(id);
      if (group === undefined || (group.project_id !== caller.projectId && !caller.roles.includes('admin')))
        throw new Refusal(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`);
    }
    return ids;
  }

  private allocate(networkId: string, wanted: unknown): Port['fixed_ips'] {
    const [subnet] = [...this.state.subnets.values()].filter((one) => one.network_id === networkId);
    if (subnet === undefined) return [];
    const [first] = (wanted ?? []) as readonly { readonly ip_address?: string }[];
    const address = first?.ip_address ?? this.state.freeAddress(subnet);
    if (this.state.isAllocated(address, subnet.id))
      throw new Refusal(
        409,
        'IpAddressAlreadyAllocated',
        `IP address ${address} already allocated in subnet ${subnet.id}`,
      );
    return [{ subnet_id: subnet.id, ip_address: address }];
  }

  /** With the new defaults the role `reader` writes nothing, in no project. */
  private withoutReading(caller: Caller): Caller {
    const isReader = caller.roles.every((role) => role === 'reader');
    return this.rules.newDefaults && isReader ? { ...caller, projectId: 'none' } : caller;
  }
}

/** What Neutron refuses of the state that a request would leave (notes/neutron.md 4). */
function refuseTogether(left: Security, body: Attributes): void {
  if (left.port_security_enabled) return;
  if (left.security_groups.length > 0) {
    if ('security_groups' in body)
      throw new Refusal(
        400,
        'PortSecurityAndIPRequiredForSecurityGroups',
        'Port security must be enabled and port must have an IP address in order to use security groups.',
      );
    throw new Refusal(
      409,
      'PortSecurityPortHasSecurityGroup',
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
    );
  }
  if (left.allowed_address_pairs.length > 0)
    throw new Refusal(
      409,
      'AddressPairAndPortSecurityRequired',
      'Port Security must be enabled in order to have allowed address pairs on a port.',
    );
}

/** A list that writers of the same moment write: each takes away what it had read, and adds its own. */
function added(port: Port, read: Security, own: readonly Pair[]): readonly Pair[] {
  const key = ({ mac_address, ip_address }: Pair): string => `${mac_address} ${ip_address}`;
  const had = new Set(read.allowed_address_pairs.map(key));
  const others = port.allowed_address_pairs.filter((pair) => !had.has(key(pair)));
  return [...new Map([...others, ...own].map((pair) => [key(pair), pair])).values()];
}

/** A pair without its MAC is not what is stored, so Neutron writes it anew. */
function asTypedDiffers(value: unknown): boolean {
  return Array.isArray(value) && (value as object[]).some((pair) => !('mac_address' in pair));
}

function readBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'True') return true;
  if (value === 'false' || value === 'False') return false;
  const shown = value === null ? 'None' : textOf(value);
  throw new Refusal(400, 'InvalidInput', `Invalid input for operation: '${shown}' cannot be converted to boolean.`);
}

/** `revision_number=27`, quoted or not. Anything else that is no list of such tags is ignored, as Neutron does. */
function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const tags = header
    .split(',')
    .map((tag) => tag.trim().replace(/^"(.*)"$/, '$1'))
    .filter((tag) => tag.startsWith('revision_number='));
  const wrong = (why: string): Refusal => new Refusal(400, 'BadRequest', `Bad if-match request: ${why}`);
  if (tags.length > 1) throw wrong('Multiple revision_number etags are not supported..');
  const number = tags[0]?.slice('revision_number='.length);
  if (number === undefined) return undefined;
  if (!/^\d+$/.test(number)) throw wrong('Revision number etag must be in the format of revision_number=<int>.');
  return Number(number);
}

function stale(expected: number, current: number): Refusal {
  return new Refusal(
    412,
    'RevisionNumberConstraintFailed',
    `Constrained to ${expected}, but current revision is ${current}`,
  );
}

function refuseUnknown(body: Attributes, known: readonly string[]): void {
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`);
}

function newMac(): string {
  return `fa:16:3e:${randomBytes(3).toString('hex').match(/../g)?.join(':') ?? '00:00:00'}`;
}
