import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { ProxmoxLab } from './lab';

const guestBody = z.object({
  vmid: z.number().int().min(100).max(999_999_999),
  type: z.enum(['qemu', 'lxc']),
  name: z.string(),
  node: z.string(),
  status: z.enum(['running', 'stopped']).default('running'),
  template: z.boolean().default(false),
  config: z.record(z.string(), z.string()),
});
const migrateBody = z.object({
  vmid: z.number().int(),
  target: z.string(),
  lockMs: z.number().min(0).max(600_000).default(0),
  unlockMs: z.number().min(0).max(600_000).default(0),
});
const configBody = z.object({
  changes: z.record(z.string(), z.string().nullable()),
  pending: z.boolean().default(false),
});
const lockBody = z.object({ lock: z.string().nullable() });
const stageBody = z.object({
  bridges: z.array(
    z.object({
      iface: z.string().min(2),
      vlanAware: z.boolean(),
      ports: z.string(),
      address: z.string().exactOptional(),
      hwaddress: z.string().exactOptional(),
    }),
  ),
});
const hollowBody = z.object({ hollow: z.boolean() });
const nodeBody = z.object({ online: z.boolean().optional(), statistics: z.boolean().optional() });
const quorumBody = z.object({ quorate: z.boolean() });
const faultBody = z.strictObject({
  kind: z.enum(['latency', 'status', 'timeout', 'drop', 'truncate', 'garbage', 'unauthorized', 'half', 'other-id']),
  path: z.string().exactOptional(),
  host: z.number().int().exactOptional(),
  times: z.number().int().min(1).exactOptional(),
  latencyMs: z.number().min(0).max(600_000).exactOptional(),
  status: z.number().int().min(200).max(599).exactOptional(),
  reason: z.string().exactOptional(),
  body: z.string().exactOptional(),
  retryAfter: z.number().int().exactOptional(),
});

const MAX_BODY = 1_000_000;

/** The part of the lab that the admin side changes. */
type Administered = Omit<ProxmoxLab, 'adminUrl' | 'close'>;

/** Answers the lab's own admin API: what an operator of the cluster would do, and faults. */
export async function serveAdmin(request: IncomingMessage, response: ServerResponse, lab: Administered): Promise<void> {
  const reply = (status: number, body: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  try {
    const path = new URL(request.url ?? '/', 'http://lab').pathname;
    const result = await act(lab, `${request.method ?? ''} ${path}`, await readJson(request));
    if (result === undefined) reply(404, { error: `no ${request.method ?? ''} ${path}` });
    else reply(200, result);
  } catch (error) {
    if (error instanceof RangeError || error instanceof z.ZodError || error instanceof SyntaxError)
      reply(400, { error: error.message });
    else throw error;
  }
}

/** Carries out one admin request; undefined when there is none under this method and path. */
async function act(lab: Administered, what: string, body: unknown): Promise<unknown> {
  const done = { ok: true };
  if (what === 'GET /_lab/state') {
    const { name, quorate, nodes, guests } = lab.cluster;
    return { name, quorate, nodes, guests };
  }
  if (what === 'GET /_lab/requests') return lab.requests();
  if (what === 'DELETE /_lab/requests') {
    lab.forgetRequests();
    return done;
  }
  if (what === 'POST /_lab/migrate') {
    const { vmid, target, ...timing } = migrateBody.parse(body);
    await lab.migrate(vmid, target, timing);
    return done;
  }
  if (what === 'POST /_lab/guests') {
    lab.addGuest(guestBody.parse(body));
    return done;
  }
  if (what === 'POST /_lab/quorum') {
    lab.cluster.quorate = quorumBody.parse(body).quorate;
    return done;
  }
  if (what === 'POST /_lab/faults') {
    lab.addFault(faultBody.parse(body));
    return done;
  }
  if (what === 'DELETE /_lab/faults') {
    lab.clearFaults();
    return done;
  }
  return onGuest(lab, what, body) ?? onNode(lab, what, body);
}

function onGuest(lab: Administered, what: string, body: unknown): unknown {
  const [, method, id, leaf] =
    /^(DELETE|PUT|POST) \/_lab\/guests\/(\d{3,9})(?:\/(config|lock|restart|hollow))?$/.exec(what) ?? [];
  if (id === undefined) return undefined;
  const vmid = Number(id);
  const action = `${method ?? ''} ${leaf ?? ''}`;
  if (action === 'DELETE ') lab.removeGuest(vmid);
  else if (action === 'PUT config') {
    const { changes, pending } = configBody.parse(body);
    lab.setConfig(vmid, changes, { pending });
  } else if (action === 'PUT lock') lab.cluster.setLock(vmid, lockBody.parse(body).lock ?? undefined);
  else if (action === 'PUT hollow') lab.cluster.guest(vmid).hollow = hollowBody.parse(body).hollow;
  else if (action === 'POST restart') lab.cluster.restart(vmid);
  else return undefined;
  return { ok: true };
}

function onNode(lab: Administered, what: string, body: unknown): unknown {
  const [, method, text, leaf] = /^(DELETE|PUT|POST) \/_lab\/nodes\/([^/]+)(?:\/(network))?$/.exec(what) ?? [];
  if (text === undefined) return undefined;
  const name = decodeURIComponent(text);
  const node = lab.cluster.node(name);
  if (node === undefined) throw new RangeError(`no node ${name}`);
  if (leaf === 'network') {
    if (method === 'PUT') lab.cluster.stageNetwork(name, stageBody.parse(body).bridges);
    else if (method === 'POST') lab.cluster.applyNetwork(name);
    else lab.cluster.revertNetwork(name);
    return { ok: true };
  }
  if (method !== 'PUT') return undefined;
  const { online, statistics } = nodeBody.parse(body);
  if (online !== undefined) node.online = online;
  if (statistics !== undefined) node.statistics = statistics;
  return { ok: true };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY) throw new RangeError('the body is too large');
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
