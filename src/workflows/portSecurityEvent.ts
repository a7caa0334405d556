import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { errorEntry, errorReport, PortwardenError } from '../domain/errors';
import { parseEvent, type PortSecurityEvent } from '../domain/event';
import { judgeEvent } from '../domain/eventResult';
import { locate, type DirtyTarget, type GuestLocation, type Location, type ServerReport } from '../domain/location';
import type { PortOutcome } from '../domain/outcome';
import type { PortRef } from '../domain/port';
import type { Placement } from '../domain/server';
import { QUERIES, SIGNALS, type EventResult, type PortProgress } from './contract';
import { explainFailure } from './failures';
import { steps } from './steps';

const portOutcomeSignal = defineSignal<[PortOutcome]>(SIGNALS.portOutcome);
const portProgressSignal = defineSignal<[PortProgress]>(SIGNALS.portProgress);
const statusQuery = defineQuery<string>(QUERIES.status);

const MOST_WAITS = 500;
const GUEST_LOOKS = 10;
const DELETION_LOOKS = 6;

const key = (ref: PortRef): string => `${ref.device} ${ref.port}`;

/**
 * One workflow per event. Input is one plain JSON object `{action, serverId, ip?, ips?}`, so that the webhook, the
 * CLIs and the UI's form start it alike. An event only says *look again*: it finds the ports concerned, asks their
 * coordinators, and reports the proven outcome as its result.
 */
export async function portSecurityEvent(input: unknown): Promise<EventResult> {
  const event = validate(input);
  const waiting = new Waiting();
  setHandler(statusQuery, () => waiting.status);
  setHandler(portOutcomeSignal, (outcome) => { waiting.settle(outcome); });
  setHandler(portProgressSignal, (progress) => { waiting.tell(progress.message); });
  waiting.tell(`Asking the panel about server ${event.serverId}`);
  let location: Location;
  try {
    location = await findPorts(event, waiting);
  } catch (error) {
    const report = explainFailure(error);
    throw ApplicationFailure.create({ type: report.code, nonRetryable: true, message: `${report.message} ${report.remedy}`, details: [event] });
  }
  if (!('targets' in location)) return nothingToDo(event, location);
  describePorts(event, location.targets);
  const outcomes = await converge(location.targets, location.placement, waiting);
  const verdict = judgeEvent(event, outcomes);
  const result: EventResult = { ...event, ...verdict, ports: outcomes };
  if (verdict.status === 'failed') {
    const error = outcomes.find((outcome) => outcome.status === 'failed')?.error;
    throw ApplicationFailure.create({ type: error?.code ?? 'internal', nonRetryable: true, message: verdict.summary, details: [result] });
  }
  setCurrentDetails(`**${verdict.status}**: ${verdict.summary}`);
  return result;
}

function validate(input: unknown): PortSecurityEvent {
  try {
    return parseEvent(input);
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    throw ApplicationFailure.create({ type: error.code, nonRetryable: true, message: `${error.message}. ${errorEntry(error.code).remedy}` });
  }
}

async function findPorts(event: PortSecurityEvent, waiting: Waiting): Promise<Location> {
  let report = await serverReport(event);
  for (let look = 1; event.action === 'server_deleted' && report.server !== undefined && look < DELETION_LOOKS; look += 1) {
    waiting.tell(`The panel still lists server ${event.serverId}; waiting for its deletion`);
    await sleep('5 seconds');
    report = await serverReport(event);
  }
  const guest = report.server?.kind === 'vm' ? report.server.hypervisor : report.placement?.guest;
  if (guest === undefined) {
    if (report.server?.kind !== 'vm') return locate(event, report);
    const missing = errorReport('proxmox-not-configured', `The panel entry of ${report.server.name} names no hypervisor of a configured cluster.`);
    throw ApplicationFailure.create({ type: missing.code, nonRetryable: true, message: missing.message });
  }
  waiting.tell(`Asking Proxmox for the node of guest ${guest.vmid}`);
  let location = await guestLocation(report, guest);
  for (let look = 1; report.server !== undefined && location?.node === undefined && look < GUEST_LOOKS; look += 1) {
    waiting.tell(`${guest.cluster} lists no guest ${guest.vmid} yet; asking again`);
    await sleep('30 seconds');
    location = await guestLocation(report, guest);
  }
  if (report.server !== undefined && location?.node === undefined && report.placement === undefined) {
    const missing = errorReport('proxmox-guest-not-found', `${guest.cluster} lists no guest ${guest.vmid} (${report.server.name}).`);
    throw ApplicationFailure.create({ type: missing.code, nonRetryable: true, message: missing.message });
  }
  return locate(event, report, location);
}

async function serverReport(event: PortSecurityEvent): Promise<ServerReport> {
  const result = await steps.fetchServerIps({ of: 'event', serverId: event.serverId });
  if (result.of !== 'event') throw ApplicationFailure.nonRetryable('fetchServerIps answered another question', 'internal');
  return result.report;
}

/** A deleted server's ports are remembered, so a hypervisor that does not answer does not hold up its removal. */
async function guestLocation(report: ServerReport, guest: { cluster: string; vmid: number }): Promise<GuestLocation | undefined> {
  try {
    return await steps.findProxmoxNode({ cluster: guest.cluster, vmid: guest.vmid });
  } catch (error) {
    if (report.server !== undefined) throw error;
    explainFailure(error);
    return undefined;
  }
}

function nothingToDo(event: PortSecurityEvent, location: Exclude<Location, { targets: unknown }>): EventResult {
  const summary = 'nothingKnown' in location ? location.nothingKnown : `Requirement ${location.requirement} does not hold: ${location.message}`;
  setCurrentDetails(`**skipped**: ${summary}`);
  return { ...event, status: 'skipped', summary, ports: [], ...('requirement' in location ? { requirement: location.requirement } : {}) };
}

function describePorts(event: PortSecurityEvent, targets: readonly DirtyTarget[]): void {
  const [first] = targets;
  if (first === undefined) return;
  upsertSearchAttributes([
    { key: defineSearchAttributeKey('ServerId', 'KEYWORD'), value: String(event.serverId) },
    { key: defineSearchAttributeKey('Action', 'KEYWORD'), value: event.action },
    { key: defineSearchAttributeKey('Device', 'KEYWORD'), value: first.device },
    { key: defineSearchAttributeKey('Port', 'KEYWORD'), value: first.port },
  ]);
}

/** Asks the coordinators and waits, asking again in case one was terminated by hand. */
async function converge(targets: readonly DirtyTarget[], placement: Placement | undefined, waiting: Waiting): Promise<PortOutcome[]> {
  const open = (): DirtyTarget[] => targets.filter((target) => !waiting.outcomes.has(key(target)));
  const started = Date.now();
  let patience = { waitForOutcomeMs: 0, giveUpAfterMs: 0 };
  for (let wait = 0; wait < MOST_WAITS && open().length > 0; wait += 1) {
    if (wait > 0 && Date.now() - started > patience.giveUpAfterMs + patience.waitForOutcomeMs) break;
    const answers = await Promise.all(open().map((target) => enlist(target, placement)));
    patience = answers[0] ?? patience;
    if (wait === 0) waiting.tell(`Waiting for ${open().map((t) => `${t.device} to converge ${t.port} (workflow device:${t.device})`).join(' and ')}`);
    await condition(() => open().length === 0, patience.waitForOutcomeMs);
  }
  return targets.map((target) => waiting.outcomes.get(key(target)) ?? waitedTooLong(target));
}

async function enlist(target: DirtyTarget, placement: Placement | undefined): ReturnType<Activities['enlist']> {
  const { device, port, serverIds, nodes, explainedIps } = target;
  const request = { port, serverIds, nodes, explainedIps, waiter: workflowInfo().workflowId };
  return await steps.enlist({ device, request, ...(placement === undefined ? {} : { placement }) } satisfies Parameters<Activities['enlist']>[0]);
}

function waitedTooLong(target: DirtyTarget): PortOutcome {
  const error = errorReport('waited-too-long', 'The coordinator reported no outcome in time');
  return { device: target.device, port: target.port, status: 'failed', summary: error.message, added: [], removed: [], excluded: [], error };
}

/** What the event waits for, and what it was told so far. */
class Waiting {
  readonly outcomes = new Map<string, PortOutcome>();
  status = '';

  tell(message: string): void {
    this.status = message;
    setCurrentDetails(message);
  }

  settle(outcome: PortOutcome): void {
    this.outcomes.set(key(outcome), outcome);
  }
}
