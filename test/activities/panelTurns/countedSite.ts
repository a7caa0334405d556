import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Scenario } from '../../../lab/scenarios/scenario';
import { writeSite } from '../../../lab/siteConfiguration';
import { startLabWorld } from '../../../lab/world';
import { createActivities, createPasses } from '../../../src/activities';
import { openPanelAndDevices, portNaming } from '../../../src/app/devices';
import { proxmoxClusterOptions } from '../../../src/app/clientOptions';
import { loadConfiguration } from '../../../src/config';
import { parseEvent } from '../../../src/domain/event/event';
import type { PortOutcome } from '../../../src/domain/change/outcome';
import { locate } from '../../../src/domain/servers/location';
import type { DeviceId } from '../../../src/domain/values/device';
import type { ActivityDependencies } from '../../../src/activities/dependencies';
import type { EnlistRequest } from '../../../src/protocol/requests';
import type { Activities, PassActivity } from '../../../src/protocol/activities';
import { ProxmoxCluster } from '../../../src/sources/proxmox/cluster';
import { createHypervisorSource } from '../../../src/sources/proxmox/hypervisorSource';
import { createPanelSource } from '../../../src/sources/tenantos/panelSource';
import { createLogger } from '../../../src/telemetry/log';
import { Coordinator } from '../../../src/workflows/coordinator/coordinator';
import { hostOver } from '../../workflows/coordinator/coordinatorUnderTest';
import { PanelTurns } from '../../support/panelTurns';
import { fakeWorld } from '../fakes/world';
import { activityEnvironment } from '../inActivity';

/** What an event is, as the webhook brings it. */
export interface Told {
  readonly action: 'ip_assigned' | 'ip_removed';
  readonly serverId: number;
  readonly ip: string;
}

/**
 * The lab's panel, cluster and switches behind the product's own sources, devices, steps and coordinators, in one process
 * and without Temporal. The calls to the panel are counted, and how many were made one after the other.
 */
export class CountedSite {
  private readonly coordinators = new Map<DeviceId, Coordinator>();
  private runs = 0;

  private constructor(
    readonly lab: Awaited<ReturnType<typeof startLabWorld>>,
    readonly turns: PanelTurns,
    /** What became of the ports, as waiting events were told. */
    readonly outcomes: PortOutcome[],
    private readonly steps: Activities,
    private readonly pass: PassActivity,
    private readonly closing: (() => Promise<void> | void)[],
  ) {}

  /** @param cluster what the configuration says of the cluster beside how to reach it. */
  static async start(scenario: Scenario, cluster: Readonly<Record<string, unknown>> = {}): Promise<CountedSite> {
    const closing: (() => Promise<void> | void)[] = [];
    try {
      return await CountedSite.open(scenario, cluster, closing);
    } catch (error) {
      for (let end = closing.pop(); end !== undefined; end = closing.pop()) await end();
      throw error;
    }
  }

  private static async open(
    scenario: Scenario,
    cluster: Readonly<Record<string, unknown>>,
    closing: (() => Promise<void> | void)[],
  ): Promise<CountedSite> {
    const lab = await startLabWorld(scenario, { commitMs: 0, checkMs: 0, rateLimitPerMinute: 0 });
    closing.push(() => lab.close());
    const turns = await PanelTurns.before(lab.panel.url);
    closing.push(() => turns.stop());
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-turns-'));
    closing.push(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    const { environment, configurationFile } = writeSite(lab, directory, { panel: { url: turns.url } });
    const written = parse(readFileSync(configurationFile, 'utf8')) as {
      readonly proxmox: { readonly clusters: readonly object[] };
    };
    const clustersAsTold = written.proxmox.clusters.map((one) => ({ ...one, ...cluster }));
    writeFileSync(
      configurationFile,
      stringify({ ...written, proxmox: { ...written.proxmox, clusters: clustersAsTold } }),
    );
    const configuration = loadConfiguration({ cwd: directory, env: { ...environment } });
    const memory = fakeWorld();
    const log = createLogger({ level: 'silent' });
    const { panel, devices } = openPanelAndDevices(configuration, memory.store.hostKeys, log);
    const clusters = configuration.proxmox.clusters.map((settings) => ({
      settings,
      client: new ProxmoxCluster(proxmoxClusterOptions(settings)),
    }));
    closing.push(() => {
      panel.close();
      for (const { client } of clusters) client.close();
    });
    const naming = portNaming(devices);
    const world = {
      ...memory,
      panel: createPanelSource(panel, naming, configuration.panel),
      hypervisors: new Map(
        clusters.map(({ settings, client }) => [settings.name, createHypervisorSource(client, settings, naming)]),
      ),
      devices,
      vlans: configuration.vlans,
    };
    const outcomes: PortOutcome[] = [];
    const waiting: ActivityDependencies['waiting'] = {
      reportOutcome: async (_waiter, outcome) => {
        outcomes.push(outcome);
      },
      reportProgress: async () => undefined,
      reportNews: async () => undefined,
    };
    const enlister = {
      enlist: async (device: DeviceId, request: EnlistRequest): Promise<void> => {
        site.coordinatorOf(device).enlist([request]);
      },
      enlistAll: async (device: DeviceId, requests: readonly EnlistRequest[]): Promise<void> => {
        site.coordinatorOf(device).enlist(requests);
      },
    };
    const steps = createActivities({ ...world, waiting, enlister });
    const { commitToSwitch: pass } = createPasses(world);
    if (pass === undefined) throw new Error('there is no pass');
    const site = new CountedSite(lab, turns, outcomes, steps, pass, closing);
    return site;
  }

  /**
   * Carries events out, all of one batch of each device.
   * @param beforeBatch happens once the ports are asked for.
   * @returns how many calls were made one after the other.
   */
  async carryOut(events: readonly Told[], beforeBatch: () => void = () => undefined): Promise<number> {
    this.turns.forget();
    this.outcomes.length = 0;
    this.runs += 1;
    await Promise.all(events.map((event) => this.begin(event)));
    beforeBatch();
    for (const coordinator of this.coordinators.values()) await coordinator.runBatch();
    return this.turns.turns.length;
  }

  /** How many of the calls fit. */
  count(call: string | RegExp): number {
    return this.turns.calls.filter((one) => (typeof call === 'string' ? one === call : call.test(one))).length;
  }

  async close(): Promise<void> {
    for (let end = this.closing.pop(); end !== undefined; end = this.closing.pop()) await end();
  }

  /** What the workflow of an event does before it waits. */
  private async begin(told: Told): Promise<void> {
    const event = parseEvent(told);
    const answer = await this.run(this.steps.fetchServerIps)({ of: 'event', serverId: event.serverId });
    if (answer.of !== 'event') throw new Error('fetchServerIps answered another question');
    const { server } = answer.report;
    const guest =
      server?.hypervisor === undefined ? undefined : await this.run(this.steps.findProxmoxNode)(server.hypervisor);
    const location = locate(event, answer.report, guest);
    if (!('targets' in location)) throw new Error(JSON.stringify(location));
    for (const { device, ...request } of location.targets)
      await this.run(this.steps.enlist)({
        device,
        request: { ...request, waiter: `event-${told.serverId}` },
        ...(location.placement === undefined ? {} : { placement: location.placement }),
      });
  }

  private coordinatorOf(device: DeviceId): Coordinator {
    const known = this.coordinators.get(device);
    if (known !== undefined) return known;
    const { steps } = this;
    const observed = { at: 0, historyLength: 10, continueAsNewSuggested: false, signals: 0, isTimeOver: false };
    const inBatch = {
      fetchServerIps: this.run(steps.fetchServerIps),
      filterByVlan: this.run(steps.filterByVlan),
      gatherVmMacs: this.run(steps.gatherVmMacs),
      dropParked: this.run(steps.dropParked),
      runPass: this.run(this.pass),
      notifyWaiters: this.run(steps.notifyWaiters),
      coordinatorSettings: () => this.run(steps.coordinatorSettings)({ device, observed }),
    };
    const coordinator = new Coordinator({ device }, hostOver(inBatch, { now: 1_000_000 }));
    this.coordinators.set(device, coordinator);
    return coordinator;
  }

  private run<Input, Result>(activity: (input: Input) => Promise<Result>): (input: Input) => Promise<Result> {
    return (input) => {
      const workflowExecution = { workflowId: 'device', runId: `run-${this.runs}` };
      return activityEnvironment({ workflowExecution }).run(activity, input);
    };
  }
}
