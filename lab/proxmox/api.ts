import { listedPaths, privilegesOn } from './access';
import { denied, failure, may, ok, type ApiAnswer, type ApiCall } from './answer';
import { answerFirewall } from './firewall';
import { clusterTasks, haCurrent, managerStatus, taskLog } from './clusterActivity';
import { withChanges, type LabGuest } from './cluster';
import { digestOf, putGuestConfig } from './guestConfig';
import type { LabNode } from './nodes';
import { localnetworkBridges } from './localnetwork';

const VERSION = { version: '9.1.2', release: '9.1', repoid: '9d436f37a0ac4172' };

/** Answers a request as Proxmox VE does. */
export function answer(call: ApiCall): ApiAnswer {
  const path = `/${call.segments.join('/')}`;
  return (
    answerFirewall(call) ??
    putGuestConfig(call) ??
    (call.method === 'GET' ? answerGet(call) : failure(501, `Method '${call.method} ${path}' not implemented`))
  );
}

function answerGet(call: ApiCall): ApiAnswer {
  const [top, second, ...rest] = call.segments;
  const path = `/${call.segments.join('/')}`;
  if (path === '/version') return ok(VERSION);
  if (path === '/cluster/resources') return resources(call);
  if (path === '/cluster/status') return clusterStatus(call);
  if (path === '/cluster/tasks') return ok(clusterTasks(call));
  if (path === '/cluster/ha/status/current') return haCurrent(call);
  if (path === '/cluster/ha/status/manager_status') return managerStatus(call);
  if (path === '/cluster/sdn/vnets') return ok(vnets(call));
  if (path === '/cluster/sdn/zones') return ok(zones(call));
  if (path === '/access/permissions') return permissions(call);
  if (path === '/nodes')
    return ok(
      call.cluster.nodes.map((node) => ({
        node: node.name,
        id: `node/${node.name}`,
        type: 'node',
        status: node.online ? 'online' : 'offline',
      })),
    );
  if (top === 'nodes' && second !== undefined && rest.length > 0) return onNode(call, second, rest, path);
  return failure(501, `Method 'GET ${path}' not implemented`);
}

function onNode(call: ApiCall, nodeName: string, rest: readonly string[], path: string): ApiAnswer {
  const [kind, id, leaf] = rest;
  const known = isNodeCall(call, rest);
  if (!known) return failure(501, `Method 'GET ${path}' not implemented`);
  // Privileges are checked by the contacted host, before it passes the request on.
  const refused =
    kind === 'tasks' && !may(call, `/nodes/${nodeName}`, 'Sys.Audit')
      ? denied(`/nodes/${nodeName}`, 'Sys.Audit')
      : checkNodeCall(call, rest);
  if (refused !== undefined) return refused;
  const node = call.cluster.node(nodeName);
  if (node === undefined)
    return failure(
      500,
      `hostname lookup '${nodeName}' failed - failed to get address info for: ${nodeName}: Name or service not known`,
    );
  if (!node.online && node !== call.contact) return failure(595, 'No route to host');
  if (kind === 'network') return network(node);
  if (kind === 'tasks') return taskLog(call, nodeName, id ?? '');
  if (kind === 'sdn') return ok(localnetworkBridges(call.cluster, nodeName, call.bridges === 'old' ? 'old' : 'new'));
  const guests = call.cluster.guests.filter((guest) => guest.node === nodeName && guest.type === kind);
  if (id === undefined)
    return ok(guests.filter((guest) => may(call, `/vms/${guest.vmid}`, 'VM.Audit')).map(nodeGuestRow));
  const guest = guests.find((candidate) => String(candidate.vmid) === id);
  if (guest === undefined) {
    const folder = kind === 'qemu' ? 'qemu-server' : 'lxc';
    return failure(500, `Configuration file 'nodes/${nodeName}/${folder}/${id}.conf' does not exist`);
  }
  return ok(leaf === 'pending' ? pendingView(guest) : configView(guest, isTrue(call.query.get('current'))));
}

/** While `interfaces.new` exists it is what is shown, with the difference beside it (pve-manager PVE/API2/Network.pm). */
function network({ network: running, staged }: LabNode): ApiAnswer {
  const answer = ok((staged?.network ?? running).map((row) => ({ families: ['inet'], ...row })));
  return staged === undefined ? answer : { ...answer, changes: staged.changes };
}

function isNodeCall(call: ApiCall, rest: readonly string[]): boolean {
  const [kind, id, leaf, last] = rest;
  if (kind === 'network') return rest.length === 1;
  if (kind === 'tasks') return rest.length === 3 && leaf === 'log';
  if (kind === 'sdn')
    return (
      rest.length === 4 && id === 'zones' && leaf === 'localnetwork' && last === 'bridges' && call.bridges !== 'absent'
    );
  if (kind !== 'qemu' && kind !== 'lxc') return false;
  return rest.length === 1 || (rest.length === 3 && (leaf === 'config' || leaf === 'pending'));
}

function checkNodeCall(call: ApiCall, rest: readonly string[]): ApiAnswer | undefined {
  const [kind, id] = rest;
  if (kind === 'sdn')
    return may(call, '/sdn/zones/localnetwork', 'SDN.Audit')
      ? undefined
      : denied('/sdn/zones/localnetwork', 'SDN.Audit');
  if ((kind !== 'qemu' && kind !== 'lxc') || id === undefined) return undefined;
  if (!/^[1-9]\d{2,8}$/.test(id)) return failure(400, 'Parameter verification failed.');
  return may(call, `/vms/${id}`, 'VM.Audit') ? undefined : denied(`/vms/${id}`, 'VM.Audit');
}

function resources(call: ApiCall): ApiAnswer {
  const type = call.query.get('type');
  if (type !== null && !['vm', 'storage', 'node', 'sdn'].includes(type))
    return failure(400, 'Parameter verification failed.');
  const guests = call.cluster.guests.filter((guest) => may(call, `/vms/${guest.vmid}`, 'VM.Audit'));
  const rows = guests.map((guest) => {
    const node = call.cluster.node(guest.node);
    const bare = {
      id: `${guest.type}/${guest.vmid}`,
      vmid: guest.vmid,
      type: guest.type,
      node: guest.node,
      ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    };
    if (node?.online !== true || !node.statistics) return { ...bare, status: 'unknown' };
    return {
      ...bare,
      name: guest.name,
      status: guest.status,
      template: guest.template ? 1 : 0,
      uptime: guest.status === 'running' ? Math.floor((Date.now() - guest.startedAt) / 1000) : 0,
      maxcpu: 2,
      maxmem: 2_147_483_648,
      tags: 'lab',
    };
  });
  const nodes = call.cluster.nodes.map((node) => ({
    id: `node/${node.name}`,
    type: 'node',
    node: node.name,
    status: node.online ? 'online' : 'offline',
  }));
  return ok(type === 'vm' ? rows : type === 'node' ? nodes : type === null ? [...rows, ...nodes] : []);
}

function clusterStatus(call: ApiCall): ApiAnswer {
  if (!may(call, '/', 'Sys.Audit')) return denied('/', 'Sys.Audit');
  const { cluster, contact } = call;
  const row = (node: LabNode, nodeid: number): unknown => ({
    id: `node/${node.name}`,
    type: 'node',
    name: node.name,
    nodeid,
    ip: node.ip,
    online: node.online ? 1 : 0,
    local: node === contact ? 1 : 0,
    level: '',
  });
  if (call.standalone) return ok([row(contact, 0)]);
  const rows = cluster.nodes.map((node, index) => row(node, index + 1));
  return ok([
    {
      id: 'cluster',
      type: 'cluster',
      name: cluster.name,
      nodes: cluster.nodes.length,
      quorate: cluster.quorate ? 1 : 0,
      version: 3,
    },
    ...rows,
  ]);
}

function vnets(call: ApiCall): unknown[] {
  const source = isTrue(call.query.get('running')) ? call.cluster.running : call.cluster.configured;
  return source.vnets
    .filter((vnet) => may(call, `/sdn/zones/${vnet.zone}/${vnet.vnet}`, 'SDN.Audit'))
    .map((vnet) => ({
      type: 'vnet',
      vnet: vnet.vnet,
      zone: vnet.zone,
      ...(vnet.tag === undefined ? {} : { tag: vnet.tag }),
      ...(vnet.vlanaware === true ? { vlanaware: 1 } : {}),
    }));
}

function zones(call: ApiCall): unknown[] {
  const source = isTrue(call.query.get('running')) ? call.cluster.running : call.cluster.configured;
  return source.zones
    .filter((zone) => may(call, `/sdn/zones/${zone.zone}`, 'SDN.Audit'))
    .map((zone) => ({ ipam: 'pve', ...zone }));
}

function permissions(call: ApiCall): ApiAnswer {
  const held = (path: string): Record<string, number> =>
    Object.fromEntries(
      [...privilegesOn(call.token, path)].map(([privilege, propagate]) => [privilege, propagate ? 1 : 0]),
    );
  const path = call.query.get('path');
  if (path !== null) return ok({ [path]: held(path) });
  const all = listedPaths(call.token).map((listed) => [listed, held(listed)] as const);
  return ok(Object.fromEntries(all.filter(([, privileges]) => Object.keys(privileges).length > 0)));
}

/** /nodes/{node}/lxc writes the VM id as text, /qemu as a number. */
function nodeGuestRow(guest: LabGuest): unknown {
  const vmid = guest.type === 'lxc' ? String(guest.vmid) : guest.vmid;
  return {
    vmid,
    name: guest.name,
    status: guest.status,
    ...(guest.type === 'lxc' ? { type: 'lxc' } : {}),
    ...(guest.template ? { template: 1 } : {}),
  };
}

function configView(guest: LabGuest, current: boolean): unknown {
  if (guest.hollow) return {};
  const config = current ? guest.config : withChanges(guest.config, guest.pending);
  return { ...guestKeys(guest), ...config, digest: digestOf(guest) };
}

function guestKeys(guest: LabGuest): Record<string, string | number> {
  const common = {
    memory: guest.type === 'qemu' ? '2048' : 2048,
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    ...(guest.template ? { template: 1 } : {}),
  };
  return guest.type === 'qemu'
    ? {
        name: guest.name,
        cores: 2,
        sockets: 1,
        ostype: 'l26',
        scsihw: 'virtio-scsi-single',
        boot: 'order=scsi0;net0',
        ...common,
      }
    : { hostname: guest.name, cores: 2, arch: 'amd64', ostype: 'debian', swap: 512, ...common };
}

function pendingView(guest: LabGuest): unknown[] {
  const current: Record<string, string | number> = { ...guestKeys(guest), ...guest.config };
  const keys = [...new Set([...Object.keys(current), ...Object.keys(guest.pending)])];
  return keys.map((key) => {
    const change = guest.pending[key];
    return {
      key,
      ...(current[key] === undefined ? {} : { value: String(current[key]) }),
      ...(typeof change === 'string' ? { pending: change } : {}),
      ...(change === null ? { delete: 1 } : {}),
    };
  });
}

function isTrue(text: string | null): boolean {
  return text !== null && /^(1|on|yes|true)$/i.test(text);
}
