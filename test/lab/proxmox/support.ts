import { request as httpsRequest } from 'node:https';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { makeIdentity } from '../../../lab/proxmox/certificates';
import { startProxmoxLab, type ProxmoxLab, type ProxmoxLabOptions } from '../../../lab/proxmox/lab';
import type { ClusterWorld } from '../../../lab/scenarios/scenario';

export const TOKEN = 'auditor@pve!lab=0b1c2d3e-0000-4000-8000-000000000001';

export const world: ClusterWorld = {
  name: 'lab',
  nodes: [
    {
      name: 'pve1',
      bridges: [
        { iface: 'vmbr0', vlanAware: true, ports: 'bond0' },
        { iface: 'vmbr1', vlanAware: false, ports: 'bond0.13' },
      ],
    },
    { name: 'pve2', bridges: [{ iface: 'vmbr0', vlanAware: true, ports: 'eno1' }] },
  ],
  guests: [
    {
      vmid: 100,
      type: 'qemu',
      name: 'web',
      node: 'pve1',
      config: {
        net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=13,firewall=1',
        net1: 'e1000=BC:24:11:00:11:00,bridge=vmbr0',
        ipconfig0: 'ip=dhcp',
      },
    },
    {
      vmid: 101,
      type: 'lxc',
      name: 'ct',
      node: 'pve1',
      config: { net0: 'name=eth0,bridge=vmbr1,hwaddr=BC:24:11:00:01:01,type=veth' },
    },
    {
      vmid: 102,
      type: 'qemu',
      name: 'golden',
      node: 'pve1',
      status: 'stopped',
      template: true,
      config: { net0: 'virtio,bridge=vmbr0' },
    },
    {
      vmid: 200,
      type: 'qemu',
      name: 'far',
      node: 'pve2',
      config: { net0: 'virtio=BC:24:11:00:02:00,bridge=vmbr0,trunks=10;20-30' },
    },
  ],
  vnets: [
    { vnet: 'cust', zone: 'prod', tag: 300 },
    { vnet: 'inner', zone: 'metro', tag: 7, vlanaware: true },
  ],
  zones: [
    { zone: 'prod', type: 'vlan', bridge: 'vmbr0' },
    { zone: 'metro', type: 'qinq', bridge: 'vmbr0', tag: 900 },
  ],
};

const identity = makeIdentity({ names: ['localhost', '127.0.0.1'] });
const labs: ProxmoxLab[] = [];

export async function startLab(options: Partial<ProxmoxLabOptions> = {}): Promise<ProxmoxLab> {
  const lab = await startProxmoxLab({ world, tokens: [TOKEN], identity, authFailureDelayMs: 0, ...options });
  labs.push(lab);
  return lab;
}

export async function closeLabs(): Promise<void> {
  for (const lab of labs.splice(0)) await lab.close();
}

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request without any client library. */
export function send(
  url: string,
  options: {
    readonly method?: string;
    readonly token?: string | undefined;
    readonly body?: string;
    readonly ca?: string;
  } = {},
): Promise<WireAnswer> {
  const target = new URL(url);
  const make = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = {
      ...(options.token === undefined ? {} : { Authorization: `PVEAPIToken=${options.token}` }),
      ...(options.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(options.body)) }),
    };
    const request = make(
      target,
      { method: options.method ?? 'GET', headers, agent: false, ca: options.ca ?? identity.caPem },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: response.headers,
            body,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/** GETs a path of the first API host with the lab's token. */
export function get(lab: ProxmoxLab, path: string, token: string | undefined = TOKEN): Promise<WireAnswer> {
  return send(`${lab.urls[0] ?? ''}/api2/json${path}`, { token });
}

/** The `data` of a successful GET. */
export async function dataOf(lab: ProxmoxLab, path: string): Promise<unknown> {
  const answer = await get(lab, path);
  expect(answer).toMatchObject({ status: 200 });
  return (JSON.parse(answer.body) as { readonly data: unknown }).data;
}
