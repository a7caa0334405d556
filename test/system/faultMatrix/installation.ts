import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
import { coordinatorWorkflowId, QUERIES } from '../../../src/protocol/names';
import type { CoordinatorState } from '../../../src/protocol/coordinator';
import { deviceId } from '../../../src/domain/values/device';
import { SystemUnderTest } from '../site';
import {
  addressesOf,
  arrivingAddresses,
  arrivingGuest,
  guestOf,
  matrixScenario,
  newAddressOf,
  panelServer,
  type MatrixPort,
} from './world';
import { ACTIONS, cellName, hasArriving, PANEL_FAULTS, PROXMOX_FAULTS, type Action } from './cells';
import { TruthWatch } from './truthWatch';

const WITHIN_MS = 180_000;
const AT_ONCE = 40;
/** What an event waits for that cannot go on: it names the error's code. */
const CODE = /\b(panel|proxmox|answer|device)-[a-z]+/;
/** Likewise while it asks again for a guest that is not listed. */
const WAITS = new RegExp(`${CODE.source}|asking again`);

/** An event that the product was told of, with the port that it concerns. */
interface SentEvent {
  readonly workflowId: string;
  readonly of: MatrixPort;
}

/** The product over the matrix' world, what is true in it, and the faults that last. */
export class FaultMatrix {
  private readonly going = new Set<{ readonly one: MatrixPort; readonly name: string }>();
  private turn = 0;
  private connection: Connection | undefined;

  private constructor(
    readonly system: SystemUnderTest,
    readonly ports: readonly MatrixPort[],
    readonly truth: TruthWatch,
  ) {}

  /** Starts the product and lets it bind everything. */
  static async start(ports: readonly MatrixPort[]): Promise<FaultMatrix> {
    const system = await SystemUnderTest.create(
      matrixScenario(ports),
      {
        api: { eventsPerMinute: 1_000_000, readsPerMinute: 1_000_000 },
        panel: { timeoutSeconds: 2, concurrency: 32 },
        retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 } },
      },
      { commitMs: 20, checkMs: 10 },
    );
    shortTimeouts(system.site.configurationFile);
    const truth: TruthWatch = new TruthWatch(system.world, (of) => matrix.during(of));
    const matrix = new FaultMatrix(system, ports, truth);
    matrix.prepare();
    await system.start();
    const events: SentEvent[] = [];
    for (let first = 0; first < ports.length; first += AT_ONCE)
      events.push(
        ...(await Promise.all(
          ports
            .slice(first, first + AT_ONCE)
            .map((one) => matrix.post(one, 'ip_assigned', addressesOf(one.spot, 'ip_assigned')[0])),
        )),
      );
    for (const { workflowId } of events) {
      const { outcome } = await system.outcome(workflowId);
      if (outcome?.status !== 'applied') throw new Error(`the beginning is not bound: ${JSON.stringify(outcome)}`);
    }
    for (const one of ports) {
      for (const action of ACTIONS) truth.require(one, addressesOf(one.spot, action));
      if (hasArriving(one.spot.call)) truth.require(one, arrivingAddresses(one.spot));
    }
    if (truth.missing().length > 0) throw new Error(`the beginning is not bound: ${truth.missing().join('; ')}`);
    return matrix;
  }

  /**
   * Lets one call fail while the product is told of an action on the port's server, until that has ended or waits.
   * @returns the cell's name when the call was never made
   */
  async play(one: MatrixPort, fault: string, action: Action): Promise<readonly string[]> {
    const name = cellName(one.spot.call, fault, action);
    const { struck, mend } = this.fail(one, fault, action);
    const going = { one, name };
    this.going.add(going);
    try {
      await this.settled(await this.act(one, action), struck);
      return struck() === 0 ? [name] : [];
    } finally {
      mend();
      this.going.delete(going);
    }
  }

  /** The cells that go on at a port, or whose call serves everybody. */
  private during(port: MatrixPort): readonly string[] {
    return [...this.going]
      .filter(({ one }) => one === port || one.spot.call.scope === 'everything')
      .map(({ name }) => name);
  }

  private fail(
    { spot, switchId, cluster, servers }: MatrixPort,
    fault: string,
    action: Action,
  ): { readonly struck: () => number; readonly mend: () => void } {
    const { source, scope, path } = spot.call;
    if (source === 'proxmox') {
      const lab = this.cluster(cluster);
      const asked = (): number => lab.requests().filter((seen) => new RegExp(path).test(seen.path)).length;
      const before = asked();
      const mend = lab.addFault({ ...required(PROXMOX_FAULTS[fault], fault), path });
      return { struck: () => asked() - before, mend };
    }
    const { panel } = this.system.world;
    const of = path.replace('#', String(scope === 'switch' ? switchId : servers[action]));
    const line = new RegExp(`^GET ${of.slice(1)}`);
    const before = panel.requestCount(line);
    const mend = panel.fault({ ...required(PANEL_FAULTS[fault], fault), path: of });
    return { struck: () => panel.requestCount(line) - before, mend };
  }

  /**
   * An address comes, another one goes, a server is deleted; where the fault concerns that very server, the deletion is
   * a mistake of the one who tells of it.
   */
  private async act(one: MatrixPort, action: Action): Promise<SentEvent> {
    const { panel } = this.system.world;
    const id = one.servers[action];
    const [first, second] = addressesOf(one.spot, action);
    if (action === 'ip_assigned') {
      this.turn += 1;
      const added = newAddressOf(one.spot, this.turn % 100);
      panel.updateServer(id, { ips: [first, second, added] });
      return this.post(one, action, added);
    }
    if (action === 'ip_removed') {
      this.truth.release(one, [second]);
      panel.updateServer(id, { ips: [first] });
      return this.post(one, action, second);
    }
    if (one.spot.call.scope !== 'server') {
      this.truth.release(one, [first, second]);
      panel.state.delete(id);
      if (one.cluster !== undefined) this.cluster(one.cluster).removeGuest(guestOf(one, action).vmid);
    }
    return this.post(one, action);
  }

  /** The servers of a port are again as they were in the beginning, for the next fault; nothing is told of it. */
  restore(one: MatrixPort): void {
    const { panel } = this.system.world;
    for (const action of ACTIONS) {
      const server = panelServer(one, action);
      if (panel.state.servers.has(server.id)) panel.updateServer(server.id, { ips: server.ips });
      else panel.addServer(server);
      const guest = guestOf(one, action);
      const cluster = one.cluster === undefined ? undefined : this.cluster(one.cluster);
      if (cluster?.cluster.guests.every(({ vmid }) => vmid !== guest.vmid) === true) cluster.addGuest(guest);
    }
  }

  /** The deleted server of a port is bound again: a deletion of one that was never seen leads nowhere. */
  async bindAgain(one: MatrixPort): Promise<void> {
    const addresses = addressesOf(one.spot, 'server_deleted');
    await this.system.outcome((await this.post(one, 'server_deleted', addresses[0], 'ip_assigned')).workflowId);
    this.truth.require(one, addresses);
  }

  /** Waits until an event has ended, or has met the fault and waits for its source. */
  private async settled(event: SentEvent, struck: () => number): Promise<void> {
    const deadline = Date.now() + WITHIN_MS;
    for (let pause = 100; Date.now() < deadline; pause = Math.min(pause * 1.5, 1_500)) {
      const { state, waitingFor = '' } = await this.system.status(event.workflowId);
      if (state !== 'running' || (struck() > 0 && (await this.waits(event, waitingFor)))) return;
      await sleep(pause);
    }
    throw new Error(`${event.of.spot.call.name}: ${JSON.stringify(await this.system.status(event.workflowId))}`);
  }

  async close(): Promise<void> {
    await this.connection?.close();
    await this.system.close();
  }

  /** An event waits for a source when it says so, when a step of it failed, or when its port is put back for such a fault. */
  private async waits({ workflowId, of }: SentEvent, waitingFor: string): Promise<boolean> {
    if (WAITS.test(waitingFor)) return true;
    const { workflow } = this.client();
    if (!waitingFor.includes('to converge')) {
      const { raw } = await workflow.getHandle(workflowId).describe();
      return (raw.pendingActivities ?? []).some(({ lastFailure }) => Boolean(lastFailure));
    }
    const coordinator = workflow.getHandle(coordinatorWorkflowId(deviceId('junos', of.switchId)));
    const { pending } = await coordinator.query<CoordinatorState>(QUERIES.state);
    return pending.some(({ port, reason }) => port === `${of.port}.0` && CODE.test(reason ?? ''));
  }

  private client(): Client {
    this.connection ??= Connection.lazy({ address: this.system.running.temporalAddress });
    return new Client({ connection: this.connection });
  }

  private cluster(name: string | undefined): ProxmoxLab {
    const found = this.system.world.clusters.get(name ?? '');
    if (found === undefined) throw new Error(`there is no cluster ${name ?? ''}`);
    return found;
  }

  private async post(of: MatrixPort, server: Action, ip?: string, action = server): Promise<SentEvent> {
    const response = await this.system.post({
      action,
      serverId: of.servers[server],
      ...(ip === undefined ? {} : { ip }),
    });
    if (response.status !== 202) throw new Error(`an event was answered with ${response.status}`);
    return { ...((await response.json()) as { workflowId: string }), of };
  }

  /** What has to be so for some calls to be made. */
  private prepare(): void {
    const { panel } = this.system.world;
    const withoutIps = this.ports
      .filter(({ spot }) => spot.call.needs === 'no-ips')
      .flatMap(({ servers }) => Object.values(servers));
    if (withoutIps.length > 0) {
      panel.fault({ kind: 'no-ips', serverIds: withoutIps, path: '^/servers$' });
      for (const id of withoutIps) panel.fault({ kind: 'no-ips', path: `^/servers/${id}$` });
    }
    for (const one of this.ports) if (hasArriving(one.spot.call)) this.beginMove(one);
    for (const { spot, cluster } of this.ports) {
      if (spot.call.needs !== 'staged') continue;
      this.cluster(cluster).cluster.stageNetwork(`node-${spot.index}`, [
        { iface: 'vmbr0', vlanAware: true, ports: 'bond0.77' },
      ]);
    }
  }

  /** A guest goes on its way to the port's node, and does not get there before the end. */
  private beginMove(one: MatrixPort): void {
    const { cluster } = this.cluster(one.cluster);
    const { vmid } = arrivingGuest(one);
    const target = `node-${one.spot.index}`;
    if (one.spot.call.needs === 'arriving') {
      cluster.beginMigration(vmid, target);
      return;
    }
    cluster.setLock(vmid, 'migrate');
    cluster.ha.set(vmid, { state: 'migrate', target });
  }
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`there is no fault ${name}`);
  return value;
}

/** A call that hangs is given up after two seconds, not after fifteen. */
function shortTimeouts(file: string): void {
  const configuration = parse(readFileSync(file, 'utf8')) as { proxmox: { clusters: Record<string, unknown>[] } };
  for (const cluster of configuration.proxmox.clusters) cluster['timeoutSeconds'] = 2;
  writeFileSync(file, stringify(configuration));
}
