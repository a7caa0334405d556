import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { NetworkDeviceWorld, PanelServerWorld, PanelWorld } from '../scenarios/scenario';
import { handleAdmin } from './admin';
import type { AnswerStyle } from './answers';
import type { Fault } from './faults';
import { PanelApi } from './panel';
import { WebhookSender, type Delivery, type DeliveryResult, type WebhookEvent, type WebhookTarget } from './webhook';
import { PanelState, type SubnetChange } from './world';

/** Options of the fake panel. */
export interface TenantosLabOptions {
  readonly world: PanelWorld;
  /** The bearer token that the API accepts. */
  readonly apiKey: string;
  /** TCP port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  /** Where changes are reported to; can be set later. */
  readonly webhook?: WebhookTarget;
}

/** One or several addresses of a server. */
export interface AddressChange {
  readonly serverId: number;
  readonly ip?: string;
  readonly ips?: readonly string[];
}

/** A running fake panel. Every change fires the webhook as the panel's listener would, unless its delivery says otherwise. */
export interface TenantosLab {
  /** The panel's address, without `/api`. */
  readonly url: string;
  /** The address of the administration over HTTP. */
  readonly adminUrl: string;
  readonly apiKey: string;
  /** The data, for reading and for changes that fire no webhook. */
  readonly state: PanelState;
  /** Assigns addresses; `vlan` also makes the panel say that they are in that VLAN. */
  assign(change: AddressChange & { readonly vlan?: number }, delivery?: Delivery): Promise<readonly DeliveryResult[]>;
  /** Takes addresses away. */
  remove(change: AddressChange, delivery?: Delivery): Promise<readonly DeliveryResult[]>;
  /** Deletes a server. */
  deleteServer(serverId: number, delivery?: Delivery): Promise<readonly DeliveryResult[]>;
  /** Adds a server with its addresses; fires nothing. */
  addServer(server: PanelServerWorld): void;
  /** Changes connections, MAC, name; fires nothing. */
  updateServer(serverId: number, change: Partial<Omit<PanelServerWorld, 'id'>>): void;
  /** Changes a switch, such as `{ host, managementPort }`, or adds a whole one; fires nothing. */
  setSwitch(switchId: number, change: Partial<Omit<NetworkDeviceWorld, 'id'>>): void;
  /** Changes a subnet, such as `{ staticAccessVlanId: 31 }` for a mistyped VLAN, or adds a whole one; fires nothing. */
  setSubnet(subnetId: number, change: SubnetChange): void;
  setWebhook(target: WebhookTarget | undefined): void;
  /** Posts an event whatever the data says. */
  fire(event: WebhookEvent, delivery?: Delivery): Promise<readonly DeliveryResult[]>;
  /** Posts the events that were held. */
  release(order?: 'kept' | 'reversed' | readonly number[]): Promise<readonly DeliveryResult[]>;
  /** Everything that was posted so far. */
  readonly deliveries: readonly DeliveryResult[];
  /** @returns takes this fault back and leaves the others */
  fault(fault: Fault): () => void;
  clearFaults(): void;
  setStyle(style: AnswerStyle): void;
  /** How many requests of the API fit: `GET /servers/101`, or a pattern on such lines. */
  requestCount(call: string | RegExp): number;
  resetRequests(): void;
  close(): Promise<void>;
}

/** Everything that the HTTP administration acts on. */
export interface LabParts {
  readonly lab: TenantosLab;
  readonly api: PanelApi;
}

/** Starts a fake Tenantos panel on 127.0.0.1. */
export async function startTenantosLab(options: TenantosLabOptions): Promise<TenantosLab> {
  const state = new PanelState(options.world);
  const api = new PanelApi(state, options.apiKey);
  const sender = new WebhookSender(options.webhook);
  const server = createServer((request, response) => {
    route(request, response, api, lab).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: error instanceof Error ? error.message : 'Server Error' }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lab: TenantosLab = {
    url,
    adminUrl: `${url}/_lab`,
    apiKey: options.apiKey,
    state,
    deliveries: sender.results,
    async assign(change, delivery) {
      const ips = ipsOf(change);
      state.assign(change.serverId, ips);
      const { vlan } = change;
      if (vlan !== undefined) for (const ip of ips) state.putIntoVlan(ip, vlan);
      return sender.deliver(
        ips.map((ip) => ({ action: 'ip_assigned', serverId: change.serverId, ip })),
        delivery,
      );
    },
    async remove(change, delivery) {
      const ips = ipsOf(change);
      state.remove(change.serverId, ips);
      return sender.deliver(
        ips.map((ip) => ({ action: 'ip_removed', serverId: change.serverId, ip })),
        delivery,
      );
    },
    async deleteServer(serverId, delivery) {
      state.delete(serverId);
      return sender.deliver([{ action: 'server_deleted', serverId }], delivery);
    },
    addServer: (one) => {
      state.add(one);
    },
    updateServer: (id, change) => {
      state.updateServer(id, change);
    },
    setSwitch: (id, change) => {
      state.setSwitch(id, change);
    },
    setSubnet: (id, change) => {
      state.setSubnet(id, change);
    },
    setWebhook: (target) => {
      sender.target = target;
    },
    fire: (event, delivery) => sender.deliver([event], delivery),
    release: (order) => sender.release(order),
    fault: (fault) => api.faults.set(fault),
    clearFaults: () => {
      api.faults.clear();
    },
    setStyle: (style) => {
      api.style = style;
    },
    requestCount: (call) =>
      [...api.requests].reduce(
        (sum, [line, count]) => ((typeof call === 'string' ? line === call : call.test(line)) ? sum + count : sum),
        0,
      ),
    resetRequests: () => {
      api.requests.clear();
    },
    close: () => {
      api.close();
      sender.close();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
  return lab;
}

function ipsOf(change: AddressChange): readonly string[] {
  return [...(change.ip === undefined ? [] : [change.ip]), ...(change.ips ?? [])];
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  api: PanelApi,
  lab: TenantosLab,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://lab').pathname;
  if (path.startsWith('/_lab')) await handleAdmin(request, response, path.slice('/_lab'.length), { lab, api });
  else if (path.startsWith('/api/')) await api.handle(request, response, path.slice('/api'.length));
  else response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>404 Not Found</body></html>');
}
