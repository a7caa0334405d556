import type { ActivityDependencies } from '../../../src/activities/dependencies';
import { portRequest } from '../../../src/domain/servers/portRequest';
import type { Statement } from '../../../src/domain/change/statement';
import type { VirtualMac } from '../../../src/domain/desired/virtualMac';
import type { DeviceId } from '../../../src/domain/values/device';
import { parseCidr } from '../../../src/domain/values/ip';
import type { ChangePolicyInput } from '../../../src/protocol/policies';
import type { EnlistRequest } from '../../../src/protocol/requests';
import { Coordinator } from '../../../src/workflows/coordinator/coordinator';
import { hostOver } from '../../workflows/coordinator/coordinatorUnderTest';
import { FakeDevice, directoryOf } from '../fakes/fakeDevice';
import { ip, junos, server, vlan } from '../fakes/values';
import { PortwardenError } from '../../../src/domain/errors';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { Answers, CLUSTER, SiteCluster, type Faults } from './answers';
import { carrierOver } from './portSecurity';
import { EventsOnTheirWay } from './eventsOnTheirWay';
import { Judge } from './judge';
import { BRAKE, LIMITS } from './losses';
import { StepRunner, stepsOver } from './siteSteps';
import { portsOf, refOf, SETTINGS, type Database, type SiteSettings, type TrueGuest, type TrueServer } from './truth';

const DEVICES = [junos(1), junos(2), junos(3)] as const;

/** So many batches of a device at most follow from one happening: more would never come to rest. */
const MOST_BATCHES = 25;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A site of three switches with access ports and uplinks, a cluster of three nodes, and a panel: the product's activities over
 * fakes, and its coordinators, one for each switch. Only the workflow of an event is wired here as it is there.
 */
export class Site {
  readonly world: FakeWorld;
  readonly devices: readonly FakeDevice[] = DEVICES.map((id) => new FakeDevice(id));
  database: Database = new Map();
  /** All databases so far, for those that go back in time. */
  readonly databases: Database[] = [];
  guests = new Map<number, TrueGuest>();
  settings: SiteSettings;
  readonly judge: Judge;
  /** Shared by everything that is made from the world. */
  private readonly vlans: Mutable<ActivityDependencies['vlans']> = { map: [], allowlist: [] };
  readonly answers: Answers;
  private readonly cluster = new SiteCluster(CLUSTER);
  private coordinators: ReadonlyMap<DeviceId, Coordinator>;
  private readonly runner: StepRunner;
  private readonly steps: ReturnType<typeof stepsOver>;
  private readonly events: EventsOnTheirWay;

  constructor(alter: (deps: ActivityDependencies) => ActivityDependencies = (deps) => deps) {
    const [first = SETTINGS[0]] = SETTINGS;
    if (first === undefined) throw new Error('there are no settings');
    this.settings = first;
    const enlister = {
      enlist: async (device: DeviceId, request: EnlistRequest): Promise<void> => {
        this.coordinators.get(device)?.enlist([request]);
      },
      enlistAll: async (device: DeviceId, requests: readonly EnlistRequest[]): Promise<void> => {
        this.coordinators.get(device)?.enlist(requests);
      },
    };
    const waiting: ActivityDependencies['waiting'] = {
      reportOutcome: async (waiter, outcome) => {
        this.events.settled(waiter, outcome);
      },
      reportProgress: async () => undefined,
      reportNews: async () => undefined,
    };
    this.world = {
      ...fakeWorld({
        enlister,
        waiting,
        devices: directoryOf(...this.devices),
        vlans: this.vlans,
        additionalAddresses: (device) => this.settings.further[device] ?? 'same-mac',
        guards: { ...LIMITS, brake: BRAKE },
        moveGraceMs: Judge.GRACE_MS,
        watchedConfigurations: 2,
      }),
      cluster: this.cluster,
      hypervisors: new Map([[CLUSTER, this.cluster]]),
    };
    this.answers = new Answers(this, this.world.panel, this.cluster, this.devices);
    this.judge = new Judge(this);
    this.runner = new StepRunner(this.judge);
    this.steps = stepsOver(alter(this.world), this.runner, this.judge);
    this.events = new EventsOnTheirWay(this.steps.ofEvents, (work) => this.runner.attempt(work));
    this.coordinators = new Map(DEVICES.map((device) => [device, this.coordinatorOf({ device })]));
    for (const device of this.devices) {
      device.carrierOver = carrierOver;
      this.watch(device);
    }
    this.configure(first);
  }

  /** Another database from now on. */
  change(next: Database): void {
    this.databases.push(this.database);
    this.database = next;
    this.judge.changed();
  }

  put(changed: TrueServer): void {
    this.change(new Map([...this.database, [changed.id, changed]]));
  }

  configure(settings: SiteSettings): void {
    this.settings = settings;
    this.judge.configured(settings);
    this.vlans.map = Object.entries(settings.map).map(([range, id]) => ({ range: parseCidr(range), vlan: vlan(id) }));
    this.vlans.allowlist = settings.allowlist.map(vlan);
    this.cluster.uplinks.clear();
    for (const [node, ports] of Object.entries(settings.uplinks))
      this.cluster.uplinks.set(node, [{ ports: ports.map(refOf) }]);
    if (settings.nativeVlan === undefined) delete this.cluster.nativeVlan;
    else this.cluster.nativeVlan = vlan(settings.nativeVlan);
  }

  /** The ports of a server now. */
  portsOf(one: TrueServer): readonly string[] {
    return portsOf(one, this.guests, this.settings);
  }

  present(key: string): readonly Statement[] {
    const { device, port: name } = refOf(key);
    return this.deviceOf(device).actual.get(name) ?? [];
  }

  /** Somebody binds, or unbinds, by hand. */
  byHand(key: string, change: (present: readonly Statement[]) => readonly Statement[]): void {
    const { device, port: name } = refOf(key);
    this.deviceOf(device).actual.set(name, change(this.present(key)));
  }

  deviceOf(id: DeviceId): FakeDevice {
    const found = this.devices.find((device) => device.id === id);
    if (found === undefined) throw new Error(`no device ${id}`);
    return found;
  }

  /** Time passes: back-offs, grace times, keeps and the day of the guards. */
  pass(ms: number): void {
    jest.setSystemTime(Date.now() + ms);
    this.world.store.ticks += ms;
  }

  /** An event comes. */
  tell(event: { readonly action: string; readonly serverId: number; readonly ip?: string }): void {
    this.events.tell(event);
  }

  /** A look at ports, of which nobody knows anything. */
  look(keys: readonly string[]): void {
    for (const key of keys) {
      const { device, port: name } = refOf(key);
      this.coordinators.get(device)?.enlist([portRequest(name)]);
    }
  }

  async watchCluster(): Promise<void> {
    await this.runner.attempt(() => this.runner.run(this.steps.quick.watchCluster, { cluster: CLUSTER }));
  }

  approve(key: string): void {
    const { device, port: name } = refOf(key);
    this.coordinators.get(device)?.approve(name);
  }

  async reject(key: string): Promise<void> {
    const { device, port: name } = refOf(key);
    await this.coordinators.get(device)?.reject(name);
  }

  /** A person decides about statements of a port one by one. */
  async decide(key: string, statementKey: string, adoption: 'keep' | 'remove', expiresAt?: string): Promise<void> {
    const { device, port: name } = refOf(key);
    const input = {
      device,
      ports: [{ port: name, statements: [{ key: statementKey, adoption }] }],
      author: 'netops',
      reason: 'whatever happens',
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    await this.runner.attempt(async () => {
      const { ports } = await this.runner.run(this.steps.quick.recordAdoption, input);
      for (const { port: of, remove } of ports) {
        this.judge.persons.approved(
          key,
          remove.map(({ key: one }) => one),
        );
        this.coordinators
          .get(device)
          ?.enlist([{ ...portRequest(of), approvedStatements: remove.map(({ key: one }) => one) }]);
      }
    });
  }

  /** A person gives an address of a server a virtual MAC, or takes one away. What the product refuses stays as it is. */
  async giveMac(serverId: number, address: string): Promise<void> {
    await this.runner.attempt(async () => {
      await this.runner.unlessRefused(this.steps.quick.assignVirtualMac, { server: server(serverId), ip: ip(address) });
      this.judge.persons.gave(serverId, address);
      this.judge.macDecided(serverId, address);
    });
  }

  async revokeMac({ mac: gone, serverId, ip: address }: VirtualMac): Promise<void> {
    await this.runner.attempt(async () => {
      await this.runner.unlessRefused(this.steps.quick.revokeVirtualMac, { mac: gone });
      this.judge.persons.revoked(gone, serverId, address);
      this.judge.macDecided(serverId, address);
    });
  }

  /** A person overrides ports, or lets them be as they were. Nobody waits for the outcomes. */
  async changePolicy(change: ChangePolicyInput, ports: readonly string[]): Promise<void> {
    await this.runner.attempt(async () => {
      await this.runner
        .environmentOf(change)
        .run(this.steps.quick.recordPolicyChange, { ...change, ports: ports.map(refOf) });
      this.judge.persons.changedPolicy(change);
      this.look(ports);
    });
  }

  /** A worker dies, or a coordinator continues as new. */
  restart(): void {
    this.coordinators = new Map(
      [...this.coordinators].map(([device, before]) => [
        device,
        this.coordinatorOf(JSON.parse(JSON.stringify(before.snapshot())) as ReturnType<Coordinator['snapshot']>),
      ]),
    );
  }

  /** Everything that is due happens, while these faults last. */
  async settle(faults: Faults = {}): Promise<void> {
    this.answers.serve(faults);
    for (const coordinator of this.coordinators.values()) if (coordinator.queue.size > 0) await coordinator.observe();
    await this.events.deliver();
    for (let round = 0; round < MOST_BATCHES; round += 1) {
      let isQuiet = true;
      for (const coordinator of this.coordinators.values())
        while (coordinator.isReady() && isQuiet) {
          await coordinator.runBatch();
          isQuiet = false;
        }
      if (!(await this.events.goOn()) && isQuiet) return;
    }
    throw new Error('the coordinators never come to rest');
  }

  /** The ports that were asked for and wait for their time. */
  isWaiting(): boolean {
    return [...this.coordinators.values()].some((coordinator) => coordinator.queue.size > 0);
  }

  private coordinatorOf(input: ReturnType<Coordinator['snapshot']>): Coordinator {
    const clock = {
      get now(): number {
        return Date.now();
      },
    };
    return new Coordinator(input, hostOver(this.steps.ofCoordinator(input.device), clock));
  }

  /** Every commit is judged when it takes place. */
  private watch(device: FakeDevice): void {
    let before = new Map(device.actual);
    device.duringCommit = async () => {
      before = new Map(device.actual);
    };
    device.afterCommit = async () => {
      for (const [name, after] of device.actual)
        this.judge.committed(`${device.id} ${name}`, before.get(name) ?? [], after);
      if (this.answers.isLost(Number(device.id.split(':')[1])))
        throw new PortwardenError('device-timeout', 'the answer to the commit was lost');
    };
  }
}
