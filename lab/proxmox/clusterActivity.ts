import { denied, failure, may, ok, type ApiAnswer, type ApiCall } from './answer';
import type { LabGuest } from './cluster';

/** What the HA manager does with its guests; where one goes to stands here alone (pve-ha-manager PVE/API2/HA/Status.pm). */
export function managerStatus(call: ApiCall): ApiAnswer {
  if (!may(call, '/', 'Sys.Audit')) return denied('/', 'Sys.Audit');
  const { cluster } = call;
  const master = cluster.nodes[0]?.name;
  const status = Object.fromEntries(cluster.nodes.map((node) => [node.name, node.online ? 'online' : 'unknown']));
  const services = cluster.guests.flatMap((guest) => {
    const service = cluster.ha.get(guest.vmid);
    return service === undefined
      ? []
      : [[sidOf(guest), { node: guest.node, uid: 'lab', running: 1, ...service }] as const];
  });
  return ok({
    manager_status: {
      master_node: master,
      node_status: status,
      service_status: Object.fromEntries(services),
      timestamp: 1,
    },
    quorum: { node: master, quorate: cluster.quorate ? '1' : '0' },
  });
}

/** The state of HA as the GUI lists it, without targets. */
export function haCurrent(call: ApiCall): ApiAnswer {
  if (!may(call, '/', 'Sys.Audit')) return denied('/', 'Sys.Audit');
  const { cluster, contact } = call;
  const { quorate } = cluster;
  const quorum = quorate ? { status: 'OK', quorate: 1 } : { status: 'No quorum!', quorate: 0 };
  const services = cluster.guests.flatMap((guest) => {
    const service = cluster.ha.get(guest.vmid);
    if (service === undefined) return [];
    const { node } = guest;
    const sid = sidOf(guest);
    const { state } = service;
    const states = { state, crm_state: state, request_state: 'started', status: `${sid} (${node}, ${state})` };
    return [{ id: `service:${sid}`, type: 'service', sid, node, ...states }];
  });
  return ok([{ id: 'quorum', type: 'quorum', node: contact.name, ...quorum }, ...services]);
}

/** The tasks of everybody with Sys.Audit on `/`, else the token's own, of which there are none (pve-manager PVE/API2/Cluster.pm). */
export function clusterTasks(call: ApiCall): unknown[] {
  if (!may(call, '/', 'Sys.Audit')) return [];
  return call.cluster.tasks.map(({ upid, node, type, id, startedAt, endedAt, status }) => ({
    upid,
    node,
    type,
    id,
    user: 'root@pam',
    starttime: startedAt,
    pid: 4000,
    pstart: 1,
    ...(endedAt === undefined ? {} : { endtime: endedAt, status, saved: '1' }),
  }));
}

/** The lines of a task's log, as GET /nodes/{node}/tasks/{upid}/log numbers them. */
export function taskLog(call: ApiCall, nodeName: string, upid: string): ApiAnswer {
  const task = call.cluster.tasks.find((candidate) => candidate.upid === upid && candidate.node === nodeName);
  if (task === undefined) return failure(500, 'unable to open file - No such file or directory');
  return ok(task.log.map((t, index) => ({ n: index + 1, t })));
}

function sidOf({ type, vmid }: LabGuest): string {
  return `${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`;
}
