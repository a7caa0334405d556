import pino from 'pino';
import type { ActivityDependencies } from '../../../src/activities/dependencies';
import type { ActivityMetrics } from '../../../src/telemetry/activityMetrics';
import type { Enlister } from '../../../src/temporal/coordinators';
import type { EventReporter } from '../../../src/temporal/waitingEvents';
import { ALWAYS } from '../../../src/domain/windows/changeWindow';
import { NO_GUEST_PORTS } from '../../../src/domain/servers/guestPort';
import type { DeviceId } from '../../../src/domain/values/device';
import type { EnlistRequest } from '../../../src/protocol/requests';
import { FakeDevice, directoryOf } from './fakeDevice';
import { FakeHypervisor } from './fakeHypervisor';
import { FakePanel } from './fakePanel';
import { MemoryStore } from './memoryStore';
import { junos } from './values';

/** Everything that activities are made from, in memory. */
export interface FakeWorld extends ActivityDependencies {
  readonly panel: FakePanel;
  readonly store: MemoryStore;
  readonly cluster: FakeHypervisor;
  readonly device: FakeDevice;
  /** What was enlisted, in order. */
  readonly enlisted: { device: DeviceId; request: EnlistRequest }[];
  /** The figures that were counted, in order: `outcome applied`, `sourceError store store-unavailable`, … */
  readonly counted: string[];
  /** Tells the activities that their worker stops. */
  readonly stop: () => void;
}

type Replaceable =
  | 'waiting'
  | 'vlans'
  | 'additionalAddresses'
  | 'enlister'
  | 'limits'
  | 'guards'
  | 'sites'
  | 'widestRanges'
  | 'changeWindows'
  | 'backups'
  | 'waitForOutcomeMs'
  | 'devices'
  | 'guestPorts'
  | 'securityGroups'
  | 'moveGraceMs'
  | 'watchedConfigurations'
  | 'reconcile'
  | 'workUnderWay';

/** A world with one switch and one empty cluster. */
export function fakeWorld(
  overrides: Partial<Pick<ActivityDependencies, Replaceable>> = {},
  deviceId: DeviceId = junos(1),
  clusterName = 'pve',
): FakeWorld {
  const cluster = new FakeHypervisor(clusterName);
  const device = new FakeDevice(deviceId);
  const enlisted: FakeWorld['enlisted'] = [];
  const counted: string[] = [];
  const enlister: Enlister = {
    enlist: async (target, request) => {
      enlisted.push({ device: target, request });
    },
    enlistAll: async (target, requests) => {
      enlisted.push(...requests.map((request) => ({ device: target, request })));
    },
  };
  const metrics: ActivityMetrics = {
    batch: (_device, ports) => {
      counted.push(`batch ${ports}`);
    },
    commit: (_device, result) => {
      counted.push(`commit ${result}`);
    },
    outcome: (status) => {
      counted.push(`outcome ${status}`);
    },
    eventFinished: (status) => {
      counted.push(`event ${status}`);
    },
    guardHeld: (_device, guard) => {
      counted.push(`guard ${guard}`);
    },
    braked: () => {
      counted.push('braked');
    },
    guestChanged: (cluster, kind) => {
      counted.push(`changed ${cluster} ${kind}`);
    },
    backup: (result) => {
      counted.push(`backup ${result}`);
    },
    notification: (endpoint, result) => {
      counted.push(`notification ${endpoint} ${result}`);
    },
    journalFailed: () => {
      counted.push('journalFailed');
    },
    sourceError: (source, code) => {
      counted.push(`sourceError ${source} ${code}`);
    },
  };
  const stopping = new AbortController();
  return {
    stop: () => {
      stopping.abort();
    },
    stopping: stopping.signal,
    panel: new FakePanel(),
    store: new MemoryStore(),
    cluster,
    device,
    enlisted,
    counted,
    guestPorts: NO_GUEST_PORTS,
    hasVlans: () => true,
    hypervisors: new Map([[cluster.name, cluster]]),
    devices: directoryOf(device),
    guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 },
    enlister,
    waiting: NOBODY,
    limits: LIMITS,
    sites: new Map(),
    widestRanges: { ipv4: 24, ipv6: 64 },
    changeWindows: ALWAYS,
    backups: { all: { everyMs: 86_400_000 }, devices: new Map(), atOnce: 2 },
    waitForOutcomeMs: 60_000,
    vlans: { map: [], allowlist: [] },
    securityGroups: new Map(),
    moveGraceMs: 0,
    watchedConfigurations: 0,
    reconcile: { mode: 'observe', everyMs: 0, settleMs: 0, devices: new Map() },
    workUnderWay: { of: async () => ({ ports: new Map(), servers: new Map() }) },
    additionalAddresses: () => 'same-mac',
    log: pino({ level: 'silent' }),
    metrics,
    wantDrops: () => undefined,
    ...overrides,
  };
}

const LIMITS: ActivityDependencies['limits'] = {
  batchPorts: 100,
  batchBindings: 2_000,
  initialBackoffMs: 1_000,
  maximumBackoffMs: 4_000,
  giveUpAfterMs: 600_000,
  idleExitMs: 60_000,
  historyLimit: 2_000,
};

/** For tests in which no event waits: a report to one fails. */
const NOBODY: EventReporter = {
  reportOutcome: (waiter) => Promise.reject(new Error(`the test has no event ${waiter}`)),
  reportProgress: (waiter) => Promise.reject(new Error(`the test has no event ${waiter}`)),
  reportNews: (waiter) => Promise.reject(new Error(`the test has no run ${waiter}`)),
};
