import { makeIdentity } from '../../../lab/proxmox/certificates';
import { startProxmoxLab, type ProxmoxLab, type ProxmoxLabOptions } from '../../../lab/proxmox/lab';
import type { ClusterWorld } from '../../../lab/scenarios/scenario';
import { PortwardenError, type ErrorCode } from '../../../src/domain/errors';
import { ProxmoxReader } from '../../../src/clients/proxmox/reader';
import { ProxmoxCluster } from '../../../src/sources/proxmox/cluster';
import type { ProxmoxClusterOptions } from '../../../src/clients/proxmox/options';

/** The secret part of the tests' token; it must appear in no error. */
export const SECRET = '3f9c2c1a-77aa-4d31-9d1e-5ec4e70f7041';
export const TOKEN = `portwarden@pve!test=${SECRET}`;

export const world: ClusterWorld = {
  name: 'pve-test',
  nodes: [
    {
      name: 'pve1',
      bridges: [
        { iface: 'vmbr0', vlanAware: true, ports: 'bond0' },
        { iface: 'vmbr1', vlanAware: false, ports: 'bond0' },
      ],
    },
    { name: 'pve2', bridges: [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }] },
  ],
  guests: [
    {
      vmid: 100,
      type: 'qemu',
      name: 'web',
      node: 'pve1',
      config: { net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=13', ipconfig0: 'ip=10.0.48.100/24,gw=10.0.48.1' },
    },
    {
      vmid: 101,
      type: 'lxc',
      name: 'ct',
      node: 'pve1',
      status: 'stopped',
      config: { net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:01,tag=200,type=veth,ip=10.2.200.5/24' },
    },
    {
      vmid: 102,
      type: 'qemu',
      name: 'golden',
      node: 'pve1',
      status: 'stopped',
      template: true,
      config: { net0: 'virtio=BC:24:11:00:01:02,bridge=vmbr1' },
    },
    {
      vmid: 103,
      type: 'qemu',
      name: 'sdn',
      node: 'pve1',
      config: { net0: 'virtio=BC:24:11:00:01:03,bridge=cust', net3: 'virtio=BC:24:11:00:31:03,bridge=vmbr1' },
    },
    {
      vmid: 200,
      type: 'qemu',
      name: 'other',
      node: 'pve2',
      config: { net0: 'virtio=BC:24:11:00:02:00,bridge=vmbr0,tag=13' },
    },
  ],
  vnets: [{ vnet: 'cust', zone: 'prod', tag: 300 }],
  zones: [{ zone: 'prod', type: 'vlan', bridge: 'vmbr0' }],
};

/** One certificate for all labs of a test file: making keys is slow. */
export const identity = makeIdentity({ names: ['localhost', '127.0.0.1'] });

const open: (() => void | Promise<void>)[] = [];

/** Starts a lab that ends with {@link closeAll}. */
export async function startLab(options: Partial<ProxmoxLabOptions> = {}): Promise<ProxmoxLab> {
  const lab = await startProxmoxLab({ world, tokens: [TOKEN], identity, authFailureDelayMs: 0, ...options });
  open.push(() => lab.close());
  return lab;
}

/** A client that ends with {@link closeAll}. */
export function connect(hosts: readonly string[], options: Partial<ProxmoxClusterOptions> = {}): ProxmoxCluster {
  return closedAtEnd(new ProxmoxCluster(optionsFor(hosts, options)));
}

/** What a client is made from, but checks nothing by itself; ends with {@link closeAll}. */
export function connectReader(hosts: readonly string[]): ProxmoxReader {
  return closedAtEnd(new ProxmoxReader(optionsFor(hosts)));
}

function optionsFor(hosts: readonly string[], options: Partial<ProxmoxClusterOptions> = {}): ProxmoxClusterOptions {
  const trust = 'ca' in options || 'fingerprints' in options ? {} : { ca: identity.caPem };
  return { name: 'pve-test', hosts, token: TOKEN, timeoutMs: 5000, concurrency: 4, ...trust, ...options };
}

function closedAtEnd<T extends { close(): void }>(client: T): T {
  open.push(() => {
    client.close();
  });
  return client;
}

/** Registers something to be closed by {@link closeAll}. */
export function closeLater(close: () => void | Promise<void>): void {
  open.push(close);
}

export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** The error that a promise rejects with, which must be a PortwardenError with this code and without the token. */
export async function failureOf(promise: Promise<unknown>, code: ErrorCode): Promise<PortwardenError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PortwardenError)) throw new Error(`expected ${code}, got ${String(error)}`);
  expect({ code: error.code, message: error.message }).toMatchObject({ code });
  expectNoSecret(error);
  return error;
}

/** Looks for the token in everything that an error carries, however deep. */
export function expectNoSecret(error: unknown): void {
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') expect(value).not.toContain(SECRET);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key));
  };
  visit(error);
}
