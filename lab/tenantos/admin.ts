import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';

import type { LabParts } from './lab';
import { LabRefusal } from './world';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

const id = z.int().min(1);
const delivery = z.object({
  fire: z.boolean().exactOptional(),
  copies: z.int().min(1).max(1000).exactOptional(),
  delayMs: z.number().min(0).max(600_000).exactOptional(),
  hold: z.boolean().exactOptional(),
});
const ips = { ip: z.string().min(2).exactOptional(), ips: z.array(z.string().min(2)).max(10_000).exactOptional() };
const addressChange = z
  .object({ serverId: id, ...ips, delivery: delivery.exactOptional() })
  .refine((change) => change.ip !== undefined || (change.ips ?? []).length > 0, { message: 'ip or ips is needed' });
const assignment = z.intersection(addressChange, z.object({ vlan: z.int().min(1).max(4094).exactOptional() }));
const deletion = z.object({ serverId: id, delivery: delivery.exactOptional() });
const switchPort = z.object({
  switchId: id,
  portId: z.int().min(0),
  switchAutomation: z.union([z.boolean(), z.number(), z.string(), z.null()]).exactOptional(),
});
const serverFields = {
  servername: z.string().min(1),
  hostname: z.string().min(1).exactOptional(),
  kind: z.enum(['dedicated', 'vm']),
  ips: z.array(z.string()),
  pxeMac: z.string().exactOptional(),
  switchPorts: z.array(switchPort).exactOptional(),
  proxmox: z.object({ providerId: id, vmid: id, node: z.string().exactOptional() }).exactOptional(),
};
const newServer = z.object({ id, ...serverFields, ips: serverFields.ips.default([]) });
const serverChange = z.object({
  ...serverFields,
  servername: serverFields.servername.exactOptional(),
  kind: serverFields.kind.exactOptional(),
  ips: serverFields.ips.exactOptional(),
});
const switchChange = z.object({
  name: z.string().exactOptional(),
  ports: z
    .array(z.object({ id: z.int().min(0), name: z.string(), accessVlan: z.int().exactOptional() }))
    .exactOptional(),
  managementUser: z.string().exactOptional(),
  managementPassword: z.string().exactOptional(),
  host: z.string().exactOptional(),
  managementPort: z.int().min(1).max(65_535).exactOptional(),
  managementVendor: z.string().exactOptional(),
});
const fields = z.record(z.string(), z.unknown()).nullable().exactOptional();
const subnetChange = z.object({
  subnet: z.string().exactOptional(),
  cidr: z.int().min(0).max(128).exactOptional(),
  gw: z.string().exactOptional(),
  rootSubnetId: id.exactOptional(),
  staticAccessVlanId: z.int().min(0).max(4095).nullable().exactOptional(),
  row: fields,
  information: fields,
});
const webhook = z.object({ url: z.url(), token: z.string() });
const event = z.object({
  action: z.enum(['ip_assigned', 'ip_removed', 'server_deleted']),
  serverId: id,
  ip: z.string().exactOptional(),
  delivery: delivery.exactOptional(),
});
const order = z.object({ order: z.union([z.enum(['kept', 'reversed']), z.array(z.int().min(0))]).exactOptional() });
const scope = { path: z.string().exactOptional(), times: z.int().min(1).exactOptional() };
const fault = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('latency'), ms: z.number().min(0).max(600_000), ...scope }),
  z.object({ kind: z.literal('clock'), aheadMs: z.number().min(-1e12).max(1e12), ...scope }),
  z.object({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    retryAfter: z.union([z.string(), z.number()]).exactOptional(),
    ...scope,
  }),
  z.object({ kind: z.literal('missing-servers'), serverIds: z.array(id), ...scope }),
  z.object({ kind: z.literal('no-ips'), serverIds: z.array(id).exactOptional(), ...scope }),
  z.object({
    kind: z.enum([
      'hang',
      'drop',
      'cut',
      'garbage',
      'refuse-auth',
      'empty-ips',
      'proxy-404',
      'gateway-404',
      'not-found',
      'empty-list',
      'half-list',
      'null-result',
      'empty-object',
      'other-id',
    ]),
    ...scope,
  }),
]);

type Action = (parts: LabParts, body: unknown, id: number) => unknown;

/** Method and path below `/_lab`; `#` is a number. */
const ACTIONS: Readonly<Record<string, Action>> = {
  'GET /': () => ({ actions: Object.keys(ACTIONS) }),
  'POST /assign': async ({ lab }, body) => {
    const change = assignment.parse(body);
    return { deliveries: await lab.assign(change, change.delivery) };
  },
  'POST /remove': async ({ lab }, body) => {
    const change = addressChange.parse(body);
    return { deliveries: await lab.remove(change, change.delivery) };
  },
  'POST /delete': async ({ lab }, body) => {
    const change = deletion.parse(body);
    return { deliveries: await lab.deleteServer(change.serverId, change.delivery) };
  },
  'POST /events': async ({ lab }, body) => {
    const { delivery: how, ...what } = event.parse(body);
    return { deliveries: await lab.fire(what, how) };
  },
  'POST /release': async ({ lab }, body) => ({ deliveries: await lab.release(order.parse(body ?? {}).order) }),
  'GET /deliveries': ({ lab }) => ({ deliveries: lab.deliveries }),
  'POST /webhook': ({ lab }, body) => done(() => lab.setWebhook(webhook.parse(body))),
  'DELETE /webhook': ({ lab }) => done(() => lab.setWebhook(undefined)),
  'POST /servers': ({ lab }, body) => done(() => lab.addServer(newServer.parse(body))),
  'POST /servers/#': ({ lab }, body, serverId) => done(() => lab.updateServer(serverId, serverChange.parse(body))),
  'POST /switches/#': ({ lab }, body, switchId) => done(() => lab.setSwitch(switchId, switchChange.parse(body))),
  'DELETE /switches/#': ({ lab }, _body, switchId) => done(() => lab.state.deleteSwitch(switchId)),
  'POST /subnets/#': ({ lab }, body, subnetId) => done(() => lab.setSubnet(subnetId, subnetChange.parse(body))),
  'DELETE /subnets/#': ({ lab }, _body, subnetId) => done(() => lab.state.deleteSubnet(subnetId)),
  'POST /faults': ({ lab }, body) => done(() => lab.fault(fault.parse(body))),
  'GET /faults': ({ api }) => ({ faults: api.faults.list() }),
  'DELETE /faults': ({ lab }) => done(() => lab.clearFaults()),
  'GET /requests': ({ api }) => ({ requests: Object.fromEntries(api.requests) }),
  'DELETE /requests': ({ lab }) => done(() => lab.resetRequests()),
  'GET /state': ({ lab }) => ({
    servers: [...lab.state.servers.values()],
    networkDevices: [...lab.state.devices.values()],
    subnets: lab.state.subnets,
    externalProviders: lab.state.providers,
  }),
};

/** Answers a request of the lab's administration. */
export async function handleAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  parts: LabParts,
): Promise<void> {
  const number = /\/(\d+)$/.exec(path)?.[1];
  const action = ACTIONS[`${request.method ?? ''} ${path === '' ? '/' : path.replace(/\/\d+$/, '/#')}`];
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (action === undefined) {
    answer(404, { message: `The lab has no ${request.method ?? ''} /_lab${path}`, actions: Object.keys(ACTIONS) });
    return;
  }
  try {
    answer(200, await action(parts, await readBody(request), Number(number ?? 0)));
  } catch (error) {
    if (error instanceof LabRefusal) answer(error.status, { message: error.message });
    else if (error instanceof z.ZodError) answer(422, { message: z.prettifyError(error) });
    else if (error instanceof SyntaxError) answer(400, { message: 'The body is not JSON or a pattern is malformed' });
    else throw error;
  }
}

function done(change: () => void): { readonly ok: true } {
  change();
  return { ok: true };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new LabRefusal(422, 'The body is too large');
    chunks.push(chunk);
  }
  return size === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown);
}
