import { badRequest } from './answers';
import type { Caller, CloudState, FloatingIp, Group, Network, Port, Subnet } from './world';

/** How the API shows a port. The binding is the administrator's. */
export function shownPort(port: Port, caller: Caller): Readonly<Record<string, unknown>> {
  const { host, project_id, vnic_type, shown, ...rest } = port;
  return {
    ...rest,
    project_id,
    tenant_id: project_id,
    status: 'DOWN',
    extra_dhcp_opts: [],
    'binding:vnic_type': vnic_type,
    ...(caller.roles.includes('admin')
      ? {
          'binding:profile': {},
          'binding:host_id': host,
          'binding:vif_type': host === '' ? 'unbound' : 'binding_failed',
          'binding:vif_details': {},
        }
      : {}),
    ...Object.fromEntries(
      Object.entries(shown ?? {}).filter(([name]) => !name.startsWith('binding:vif') || caller.roles.includes('admin')),
    ),
  };
}

export function shownNetwork(state: CloudState, network: Network): Readonly<Record<string, unknown>> {
  const subnets = [...state.subnets.values()].filter((subnet) => subnet.network_id === network.id).map(({ id }) => id);
  return {
    ...network,
    tenant_id: network.project_id,
    admin_state_up: true,
    mtu: 1500,
    status: 'ACTIVE',
    subnets,
    'router:external': false,
    availability_zone_hints: [],
    availability_zones: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    description: '',
    tags: [],
    updated_at: network.created_at,
    revision_number: 1,
  };
}

export function shownSubnet(subnet: Subnet): Readonly<Record<string, unknown>> {
  const prefix = subnet.cidr.slice(0, subnet.cidr.lastIndexOf('.'));
  return {
    ...subnet,
    name: '',
    tenant_id: subnet.project_id,
    ip_version: 4,
    subnetpool_id: null,
    enable_dhcp: true,
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    allocation_pools: [{ start: `${prefix}.2`, end: `${prefix}.254` }],
    host_routes: [],
    dns_nameservers: [],
    description: '',
    service_types: [],
    tags: [],
    updated_at: subnet.created_at,
    revision_number: 0,
  };
}

/** A group; its rules are not kept by the lab. */
export function shownGroup(group: Group): Readonly<Record<string, unknown>> {
  return {
    ...group,
    tenant_id: group.project_id,
    stateful: true,
    shared: false,
    security_group_rules: [],
    tags: [],
    updated_at: group.created_at,
    revision_number: 1,
  };
}

/** A floating IP; the address that it is mapped to is the first fixed one of its port. */
export function shownFloatingIp(state: CloudState, floating: FloatingIp): Readonly<Record<string, unknown>> {
  const port = floating.port_id === null ? undefined : state.ports.get(floating.port_id);
  return {
    ...floating,
    tenant_id: floating.project_id,
    fixed_ip_address: port?.fixed_ips[0]?.ip_address ?? null,
    status: port === undefined ? 'DOWN' : 'ACTIVE',
  };
}

const TAG_FILTERS = ['tags', 'tags-any', 'not-tags', 'not-tags-any'];
const RESERVED = ['fields', 'limit', 'marker', 'sort_key', 'sort_dir', 'page_reverse'];
const FILTERS = [
  ...['id', 'name', 'device_id', 'device_owner', 'mac_address', 'network_id', 'project_id', 'tenant_id', 'status'],
  ...['fixed_ips', 'port_id', 'security_groups', 'admin_state_up', ...TAG_FILTERS],
];

type Row = Readonly<Record<string, unknown>>;

/** Filters rows as the API does: values of one filter are ORed, filters ANDed; an unknown filter is refused. */
export function filtered(rows: readonly Row[], query: URLSearchParams): readonly Row[] {
  const names = [...new Set(query.keys())].filter((name) => !RESERVED.includes(name));
  const unknown = names.filter((name) => !FILTERS.includes(name));
  if (unknown.length > 0) throw badRequest(`['${unknown.join("', '")}'] is invalid attribute for filtering`);
  return rows.filter((row) => names.every((name) => query.getAll(name).some((value) => fits(row, name, value))));
}

/** Only the fields that are asked for; all without any. */
export function withFields(row: Row, query: URLSearchParams): Row {
  const fields = query.getAll('fields');
  return fields.length === 0 ? row : Object.fromEntries(Object.entries(row).filter(([name]) => fields.includes(name)));
}

/** One page, by `limit` and `marker`; a full page has a next link, also when it is the last one. */
export function page(
  rows: readonly Row[],
  url: URL,
): { readonly rows: readonly Row[]; readonly links?: readonly { readonly rel: string; readonly href: string }[] } {
  const limit = Number(url.searchParams.get('limit') ?? 0);
  if (limit === 0) return { rows };
  const sorted = [...rows].sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
  const marker = url.searchParams.get('marker');
  const from = marker === null ? 0 : sorted.findIndex((row) => row['id'] === marker) + 1;
  const shown = sorted.slice(from, from + limit);
  const last = shown.at(-1);
  if (shown.length < limit || last === undefined) return { rows: shown };
  const next = new URL(url);
  next.searchParams.set('marker', String(last['id']));
  return { rows: shown, links: [{ rel: 'next', href: next.toString() }] };
}

function fits(row: Row, name: string, value: string): boolean {
  const held = row[name];
  if (name === 'mac_address') return String(held).toLowerCase() === value.toLowerCase();
  if (TAG_FILTERS.includes(name)) {
    const tags = (row['tags'] ?? []) as readonly string[];
    const has = value.split(',').map((tag) => tags.includes(tag));
    const fitting = name.endsWith('-any') ? has.some(Boolean) : has.every(Boolean);
    return name.startsWith('not-') ? !fitting : fitting;
  }
  if (name === 'security_groups') return (held as readonly string[]).includes(value);
  if (name === 'fixed_ips') {
    const [key = '', wanted] = value.split('=');
    return (held as readonly Readonly<Record<string, string>>[]).some((fixed) => fixed[key] === wanted);
  }
  return String(held) === value;
}
