import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ActivityMetrics } from './activityMetrics';
import { registerDriftMetrics } from './driftMetrics';
import { registerJournalMetrics } from './journalMetrics';
import { registerAlarmMetrics } from './alarmMetrics';
import type { MetricsLookups } from './metricsLookups';
import { registerBackupMetrics } from './backupMetrics';
import { registerNotificationMetrics } from './notificationMetrics';
import { registerVirtualMacMetrics } from './virtualMacMetrics';
import { isErrorCode } from '../domain/errors';
import { registerHoldMetrics } from './holdMetrics';
import { registerPauseMetrics } from './pauseMetrics';
import { withinLimit } from '../primitives/timeLimit';
import type { EventAction } from '../domain/event/event';
import type { PortOutcome } from '../domain/change/outcome';
import { STANDING_LISTS } from '../domain/standing';

/** How the metrics are set up. */
export interface MetricsOptions {
  readonly lookups?: MetricsLookups;
  /** Longest wait for a lookup while the metrics are read, in milliseconds. Default 2 000; then its gauge has no values. */
  readonly lookupTimeoutMs?: number;
  /** Also memory, CPU and event loop of this process. Default false. */
  readonly process?: boolean;
}

/** The metrics of a process. Names and labels: docs/operations.md. */
export interface Metrics extends ActivityMetrics {
  /** An event was accepted. */
  event(action: EventAction): void;
  /** An event ended: its status, and the seconds from its acceptance to its proven outcome. */
  eventFinished(status: PortOutcome['status'], seconds: number): void;
  /** Adds or replaces lookups, for what opens after the metrics. */
  setLookups(lookups: MetricsLookups): void;
  /** The metrics in Prometheus' text format. */
  text(): Promise<string>;
  /** The content type of that text. */
  readonly contentType: string;
}

const EVENT_SECONDS = [0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600];
const COMMIT_SECONDS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
const BATCH_PORTS = [1, 2, 5, 10, 20, 50, 100];

/** Creates the metrics on a registry of their own, so that several can exist in one process. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const timeoutMs = options.lookupTimeoutMs ?? 2_000;
  let lookups: MetricsLookups = options.lookups ?? {};
  if (options.process === true) collectDefaultMetrics({ register: registry, prefix: 'portwarden_' });

  const events = new Counter({
    name: 'portwarden_events_total',
    help: 'Events accepted.',
    labelNames: ['action'],
    registers,
  });
  const eventOutcomes = new Counter({
    name: 'portwarden_event_outcomes_total',
    help: 'Events ended, by outcome.',
    labelNames: ['status'],
    registers,
  });
  const eventSeconds = new Histogram({
    name: 'portwarden_event_seconds',
    help: 'Seconds from the acceptance of an event to its proven outcome.',
    buckets: EVENT_SECONDS,
    registers,
  });
  const portOutcomes = new Counter({
    name: 'portwarden_port_outcomes_total',
    help: 'Outcomes of ports, by status.',
    labelNames: ['status'],
    registers,
  });
  const batches = new Counter({
    name: 'portwarden_batches_total',
    help: 'Batches brought to a device.',
    labelNames: ['device'],
    registers,
  });
  const batchPorts = new Histogram({
    name: 'portwarden_batch_ports',
    help: 'Ports of one batch.',
    buckets: BATCH_PORTS,
    registers,
  });
  const commits = new Counter({
    name: 'portwarden_commits_total',
    help: 'Passes over a device, by result.',
    labelNames: ['device', 'result'],
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'portwarden_commit_seconds',
    help: 'Seconds of one pass over a device, from connecting to the read-back.',
    labelNames: ['result'],
    buckets: COMMIT_SECONDS,
    registers,
  });
  const sourceErrors = new Counter({
    name: 'portwarden_source_errors_total',
    help: 'Errors of what portwarden talks to, by code of docs/errors.md.',
    labelNames: ['source', 'code'],
    registers,
  });
  new Gauge({
    name: 'portwarden_ports_waiting',
    help: 'Ports that wait for their turn (reason queued) or for a device or source (reason: code of docs/errors.md).',
    labelNames: ['device', 'reason'],
    registers,
    async collect() {
      this.reset();
      for (const { device, pending } of (await lookUp(lookups.waiting, timeoutMs)) ?? []) {
        for (const { reason } of pending) this.inc({ device, reason: reasonLabel(reason) });
      }
    },
  });
  new Gauge({
    name: 'portwarden_ports_parked',
    help: 'Ports whose change waits for a person.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      for (const { device } of (await lookUp(lookups.parked, timeoutMs)) ?? []) this.inc({ device });
    },
  });

  new Gauge({
    name: 'portwarden_parked_by_guard',
    help: 'Ports whose change waits for a person, by the guard that holds it (none: bindings that nobody knows).',
    labelNames: ['guard'],
    registers,
    async collect() {
      this.reset();
      for (const { guards } of (await lookUp(lookups.parked, timeoutMs)) ?? [])
        for (const guard of guards.length === 0 ? ['none'] : guards) this.inc({ guard });
    },
  });
  new Gauge({
    name: 'portwarden_parked_oldest_seconds',
    help: 'Age of the oldest change that waits for a person; 0 when none does.',
    registers,
    async collect() {
      const parked = await lookUp(lookups.parked, timeoutMs);
      if (parked === undefined) return this.remove();
      this.set(ageOf(parked.map(({ at }) => at)));
    },
  });
  new Gauge({
    name: 'portwarden_brake_on',
    help: '1 while the brake of the site is on: whatever nobody named is parked.',
    registers,
    async collect() {
      const brake = await lookUp(lookups.brake === undefined ? undefined : braking(lookups.brake), timeoutMs);
      if (brake === undefined) return this.remove();
      this.set(brake ? 1 : 0);
    },
  });
  registerDriftMetrics(
    registers,
    {
      drift: () => lookUp(lookups.drift, timeoutMs),
      dropped: () => lookUp(lookups.dropped, timeoutMs),
      reconciles: () => lookUp(lookups.reconciles, timeoutMs),
    },
    ageOf,
  );
  registerHoldMetrics(registers, () => lookUp(lookups.holds, timeoutMs));
  const journalFailed = registerJournalMetrics(registers, () => lookUp(lookups.journal, timeoutMs), ageOf);
  registerPauseMetrics(registers, () => lookUp(lookups.pauses, timeoutMs), ageOf);
  new Gauge({
    name: 'portwarden_coverage',
    help: 'Entries of the standing lists: unbound addresses, unexplained bindings, servers and guests not automated.',
    labelNames: ['list'],
    registers,
    async collect() {
      this.reset();
      const counts = await lookUp(lookups.standing, timeoutMs);
      for (const list of counts === undefined ? [] : STANDING_LISTS)
        this.set({ list }, counts?.find((one) => one.list === list)?.count ?? 0);
    },
  });
  new Gauge({
    name: 'portwarden_coverage_oldest_seconds',
    help: 'Age of the oldest entry of each standing list; 0 when it is empty.',
    labelNames: ['list'],
    registers,
    async collect() {
      this.reset();
      const counts = await lookUp(lookups.standing, timeoutMs);
      for (const list of counts === undefined ? [] : STANDING_LISTS)
        this.set({ list }, ageOf(counts?.flatMap((one) => (one.list === list ? [one.oldest] : [])) ?? []));
    },
  });
  const guardHolds = new Counter({
    name: 'portwarden_guard_holds_total',
    help: 'Ports on which a guard held something in a pass, by guard.',
    labelNames: ['device', 'guard'],
    registers,
  });
  const brakes = new Counter({ name: 'portwarden_brakes_total', help: 'Times that the site braked.', registers });

  const guestChanges = new Counter({
    name: 'portwarden_guest_changes_total',
    help: 'Changes of guests that looks at clusters of hypervisors found.',
    labelNames: ['cluster', 'kind'],
    registers,
  });
  new Gauge({
    name: 'portwarden_watch_age_seconds',
    help: 'Seconds since the last look that saw a cluster of hypervisors.',
    labelNames: ['cluster'],
    registers,
    async collect() {
      this.reset();
      for (const { cluster, lookedAt } of (await lookUp(lookups.watches, timeoutMs)) ?? [])
        if (lookedAt !== undefined) this.set({ cluster }, (Date.now() - Date.parse(lookedAt)) / 1000);
    },
  });
  new Gauge({
    name: 'portwarden_keeps',
    help: 'Bindings that stay by a person’s word, all and those that end within a week.',
    labelNames: ['device', 'ending'],
    registers,
    async collect() {
      this.reset();
      for (const { device, all, endingSoon } of (await lookUp(lookups.keeps, timeoutMs)) ?? []) {
        this.set({ device, ending: 'any' }, all);
        this.set({ device, ending: 'soon' }, endingSoon);
      }
    },
  });
  new Gauge({
    name: 'portwarden_policies',
    help: 'Port policies in force, by the kind of their scope and whether they end within the hour (active, ending).',
    labelNames: ['kind', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const { kind, state, count } of (await lookUp(lookups.policies, timeoutMs)) ?? [])
        this.set({ kind, state }, count);
    },
  });
  new Gauge({
    name: 'portwarden_policies_ending',
    help: 'Port policies that end within the hour: their ports are restored then.',
    registers,
    async collect() {
      const policies = await lookUp(lookups.policies, timeoutMs);
      if (policies === undefined) return this.remove();
      this.set(policies.reduce((sum, { state, count }) => sum + (state === 'ending' ? count : 0), 0));
    },
  });
  new Gauge({
    name: 'portwarden_coordinators_stuck',
    help: 'Coordinators that cannot go on until a person resets them; nothing is changed on their device.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      for (const { device } of (await lookUp(lookups.stuck, timeoutMs)) ?? []) this.inc({ device });
    },
  });

  const backup = registerBackupMetrics(registers, () => lookUp(lookups.backups, timeoutMs));
  const notification = registerNotificationMetrics(registers, () => lookUp(lookups.notifications, timeoutMs));
  registerAlarmMetrics(registers, () => lookUp(lookups.alarms, timeoutMs));
  registerVirtualMacMetrics(registers, () => lookUp(lookups.virtualMacs, timeoutMs), ageOf);

  return {
    event: (action) => events.inc({ action }),
    eventFinished(status, seconds) {
      eventOutcomes.inc({ status });
      eventSeconds.observe(seconds);
    },
    batch(device, ports) {
      batches.inc({ device });
      batchPorts.observe(ports);
    },
    commit(device, result, seconds) {
      commits.inc({ device, result });
      commitSeconds.observe({ result }, seconds);
    },
    outcome: (status) => portOutcomes.inc({ status }),
    guardHeld: (device, guard) => guardHolds.inc({ device, guard }),
    braked: () => brakes.inc(),
    guestChanged: (cluster, kind) => guestChanges.inc({ cluster, kind }),
    ...{ backup, notification, journalFailed },
    sourceError: (source, code) => sourceErrors.inc({ source, code: isErrorCode(code) ? code : 'internal' }),
    setLookups(more) {
      lookups = { ...lookups, ...more };
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Seconds since the oldest of some times; 0 when there is none. */
function ageOf(times: readonly string[]): number {
  const oldest = Math.min(...times.map((time) => Date.parse(time)));
  return times.length === 0 ? 0 : Math.max((Date.now() - oldest) / 1000, 0);
}

function braking(lookup: NonNullable<MetricsLookups['brake']>): () => Promise<boolean> {
  return async () => (await lookup()) !== undefined;
}

/** A reason begins with an error code; free text must not become a label. */
function reasonLabel(reason: string | undefined): string {
  if (reason === undefined) return 'queued';
  const code = reason.split(':', 1)[0] ?? '';
  return isErrorCode(code) ? code : 'internal';
}

/** A lookup that fails or takes too long leaves its gauge empty: metrics must be readable when something is broken. */
async function lookUp<T>(lookup: (() => Promise<T>) | undefined, timeoutMs: number): Promise<T | undefined> {
  if (lookup === undefined) return undefined;
  try {
    return await withinLimit(lookup(), timeoutMs, () => undefined);
  } catch {
    return undefined;
  }
}
