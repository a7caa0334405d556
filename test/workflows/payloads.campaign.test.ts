import type { Client } from '@temporalio/client';
import { portRequest } from '../../src/domain/servers/portRequest';
import type { PortName } from '../../src/domain/values/port';
import { COORDINATOR_WORKFLOW } from '../../src/protocol/names';
import { assigned, guest, ip, nic, port, server, vlan } from '../activities/fakes/values';
import { temporalUnavailable } from '../servers/temporal';
import { wholeHistory } from '../support/wholeHistory';
import { guestMac } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const NODES = 40;
const GUESTS_PER_NODE = 125;
const MOST_BYTES = 256 * 1024;

/** A payload that a history holds, and what it is of. */
interface Payload {
  readonly of: string;
  readonly bytes: number;
}

/** Every payload of every run of a workflow. */
async function payloadsOf(client: Client, workflowId: string): Promise<Payload[]> {
  const found: Payload[] = [];
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const { events } = await wholeHistory(client, { workflowId, runId });
    for (const event of events ?? []) collect(event, `event ${String(event.eventId)}`, found);
  }
  return found;
}

function collect(value: unknown, of: string, found: Payload[]): void {
  if (typeof value !== 'object' || value === null) return;
  if ('data' in value && value.data instanceof Uint8Array) found.push({ of, bytes: value.data.length });
  else for (const [key, part] of Object.entries(value)) collect(part, `${of} ${key}`, found);
}

/** A cluster of 5,000 guests, each a server of the panel with two addresses, on nodes with an uplink each. */
function addCluster({ world, device }: Site): PortName[] {
  return Array.from({ length: NODES }, (_, n) => {
    const node = `pve${n}`;
    const uplink = port(`ae${n}.0`);
    world.cluster.uplinks.set(node, [{ ports: [{ device, port: uplink }] }]);
    world.cluster.nodes.set(
      node,
      Array.from({ length: GUESTS_PER_NODE }, (_each, g) => {
        const id = n * GUESTS_PER_NODE + g + 1;
        const ips = [addressOf(id), `2001:db8:${(id >> 8).toString(16)}::${(id & 255).toString(16)}`];
        for (const text of ips) world.panel.vlans.set(ip(text), vlan(13));
        world.panel.add({
          serverId: server(id),
          name: `customer-${id}.hosting.example.com`,
          kind: 'vm',
          ips: ips.map((text) => assigned(text)),
          attachments: [],
          hypervisor: { cluster: 'pve', vmid: 10_000 + id },
        });
        return guest(10_000 + id, [
          nic(0, guestMac(id)),
          nic(1, guestMac(id + 8_192), { kind: 'off-uplink', why: 'a NAT network' }),
        ]);
      }),
    );
    return uplink;
  });
}

const addressOf = (id: number): string => `10.${64 + (id >> 8)}.${id & 255}.7`;

suite('payloads', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  it('of 5,000 guests behind 40 ports that are looked at together stay below 256 KiB, with as few commits as fit', async () => {
    const site = await workflows.startSite({ settings: { initialBackoffMs: 100, historyLimit: 100_000 } });
    const { world, device, coordinator } = site;
    const uplinks = addCluster(site);
    await Promise.all(
      uplinks.map((uplink, n) =>
        world.enlister.enlist(device, portRequest(uplink, { nodes: [{ cluster: 'pve', node: `pve${n}` }] })),
      ),
    );
    await site.until(
      (state) => state.running === undefined && state.pending.length === 0 && state.batches > 0,
      150_000,
    );
    const bound = uplinks.reduce((sum, uplink) => sum + (world.device.actual.get(uplink) ?? []).length, 0);
    expect(bound).toBe(NODES * GUESTS_PER_NODE * 2);
    const events = await Promise.all(
      [1, 2_500, 5_000].map((id) => site.start({ action: 'ip_assigned', serverId: id, ip: addressOf(id) })),
    );
    await Promise.all(events.map((id) => site.result(id)));
    const payloads = (
      await Promise.all([coordinator.workflowId, ...events].map((id) => payloadsOf(workflows.client, id)))
    ).flat();
    const largest = [...payloads].sort((a, b) => b.bytes - a.bytes).slice(0, 5);
    process.stdout.write(
      `${COORDINATOR_WORKFLOW}: ${(await site.state()).batches} batches, ${site.count('gatherVmMacs')} readings of nodes, ${payloads.length} payloads, the largest: ${largest.map(({ of, bytes }) => `${bytes} (${of})`).join('; ')}\n`,
    );
    expect(payloads.length).toBeGreaterThan(100);
    expect(largest.filter(({ bytes }) => bytes > MOST_BYTES)).toEqual([]);
  }, 240_000);
});
