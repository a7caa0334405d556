import { Client } from '@temporalio/client';
import pino from 'pino';
import type { ActivityDependencies } from '../../../src/activities/dependencies';
import type { ActivityMetrics } from '../../../src/telemetry/activityMetrics';
import type { Enlister } from '../../../src/temporal/coordinatorEnlister';
import type { DeviceId } from '../../../src/domain/values/port';
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

/** A world with one switch and one empty cluster (`pve`). */
export function fakeWorld(
  overrides: Partial<Pick<ActivityDependencies, 'temporal' | 'vlans' | 'enlister'>> = {},
  deviceId: DeviceId = junos(1),
): FakeWorld {
  const cluster = new FakeHypervisor('pve');
  const device = new FakeDevice(deviceId);
  const enlisted: FakeWorld['enlisted'] = [];
  const counted: string[] = [];
  const enlister: Enlister = {
    patience: { waitForOutcomeMs: 60_000, giveUpAfterMs: 600_000 },
    enlist: async (target, request) => {
      enlisted.push({ device: target, request });
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
    hypervisors: new Map([[cluster.name, cluster]]),
    devices: directoryOf(device),
    guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 },
    enlister,
    temporal: unusedClient(),
    vlans: { map: [], allowlist: [] },
    log: pino({ level: 'silent' }),
    metrics,
    ...overrides,
  };
}

/** A client for tests that must not use one: every access fails. */
function unusedClient(): Client {
  return new Proxy(Object.create(Client.prototype) as Client, {
    get: (_client, property) => {
      throw new Error(`the test's Temporal client was used: ${String(property)}`);
    },
  });
}
