import { ApplicationFailure, setCurrentDetails, sleep, upsertSearchAttributes } from '@temporalio/workflow';
import { errorEntry, errorReport, PortwardenError } from '../domain/errors';
import { parseEvent, type PortSecurityEvent } from '../domain/event/event';
import { judgeEvent } from '../domain/event/eventResult';
import {
  locate,
  type DirtyTarget,
  type GuestLocation,
  type Location,
  type ServerReport,
  type UnmetRequirement,
} from '../domain/servers/location';
import type { PortOutcome } from '../domain/change/outcome';
import { ATTRIBUTE } from '../protocol/names';
import type { EventResult } from '../protocol/events';
import { reportFailure } from './failures';
import { eventSteps as steps } from './steps';
import { converge, listen } from './converging';
import { patiently, type Waiting } from './waiting';

/** A new VM may be in the panel before its cluster lists it, a deleted one for a moment longer: both are asked again. */
const GUEST_PAUSES = [
  '5 seconds',
  '10 seconds',
  '20 seconds',
  '40 seconds',
  '60 seconds',
  '60 seconds',
  '60 seconds',
] as const;
const DELETION_LOOKS = 6;

/**
 * One workflow per event. Input is one plain JSON object `{action, serverId, ip?, ips?}`, so that the webhook, the
 * CLIs and the UI's form start it alike. An event only says *look again*: it finds the ports concerned, asks their
 * coordinators, and reports the proven outcome as its result.
 */
export async function portSecurityEvent(input: unknown): Promise<EventResult> {
  const event = validate(input);
  const waiting = listen();
  waiting.show(`Asking the panel about server ${event.serverId}`);
  let outcomes: PortOutcome[];
  let contradiction: string | undefined;
  let unmet: UnmetRequirement | undefined;
  try {
    const location = await findPorts(event, waiting);
    if (!('targets' in location)) return await nothingToDo(event, location);
    ({ contradiction, unmet } = location);
    if (unmet !== undefined) await steps.noteRequirement({ serverId: event.serverId, ...unmet });
    describePorts(event, location.targets);
    outcomes = await converge(location.targets, location.placement, waiting);
    // What is bound at ports that the server has left goes last, once it is proven where the server is now.
    outcomes.push(...(await converge(location.former, undefined, waiting)));
  } catch (error) {
    const report = reportFailure(error);
    throw ApplicationFailure.create({
      type: report.code,
      nonRetryable: true,
      message: `${report.message} ${report.remedy}`,
      details: [event],
    });
  }
  const verdict = judgeEvent(event, outcomes, contradiction, unmet);
  const result: EventResult = { ...event, ...verdict, ports: outcomes };
  if (verdict.status === 'failed') {
    const error = outcomes.find((outcome) => outcome.status === 'failed')?.error;
    throw ApplicationFailure.create({
      type: error?.code ?? 'internal',
      nonRetryable: true,
      message: verdict.summary,
      details: [result],
    });
  }
  setCurrentDetails(`**${verdict.status}**: ${verdict.summary}`);
  return result;
}

function validate(input: unknown): PortSecurityEvent {
  try {
    return parseEvent(input);
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    throw ApplicationFailure.create({
      type: error.code,
      nonRetryable: true,
      message: `${error.message}. ${errorEntry(error.code).remedy}`,
    });
  }
}

async function findPorts(event: PortSecurityEvent, waiting: Waiting): Promise<Location> {
  let report = await serverReport(event, waiting);
  const isOpen = (): boolean =>
    report.contradiction !== undefined || (event.action === 'server_deleted' && report.server !== undefined);
  for (let look = 1; isOpen() && look < DELETION_LOOKS; look += 1) {
    waiting.show(report.contradiction ?? `The panel still lists server ${event.serverId}; waiting for its deletion`);
    await sleep('5 seconds');
    report = await serverReport(event, waiting);
  }
  if (report.contradiction !== undefined && !hasPorts(report)) {
    throw ApplicationFailure.create({ type: 'panel-contradiction', nonRetryable: true, message: report.contradiction });
  }
  if (guestOf(report) === undefined) {
    if (report.server?.kind !== 'vm') return locate(event, report);
    const missing = errorReport(
      'proxmox-not-configured',
      `The panel entry of ${report.server.name} names no hypervisor of a configured cluster.`,
    );
    throw ApplicationFailure.create({ type: missing.code, nonRetryable: true, message: missing.message });
  }
  let location = await guestLocation(report, waiting);
  for (
    let look = 1;
    event.action === 'server_deleted' &&
    report.server === undefined &&
    location?.node !== undefined &&
    look < DELETION_LOOKS;
    look += 1
  ) {
    waiting.show(
      `${location.cluster} still has guest ${location.vmid} of the deleted server ${event.serverId}; waiting for its deletion`,
    );
    await sleep('5 seconds');
    location = await guestLocation(report, waiting);
  }
  for (const pause of GUEST_PAUSES) {
    if (report.server === undefined || location?.node !== undefined) break;
    waiting.show(
      `${location?.cluster ?? 'The cluster'} lists no guest ${location?.vmid ?? ''} of ${report.server.name} yet; asking again`,
    );
    await sleep(pause);
    report = await serverReport(event, waiting);
    location = await guestLocation(report, waiting);
  }
  if (report.server !== undefined && location?.node === undefined && !hasPorts(report)) {
    const missing = errorReport(
      'proxmox-guest-not-found',
      `${location?.cluster ?? 'The cluster'} lists no guest ${location?.vmid ?? ''} (${report.server.name}).`,
    );
    throw ApplicationFailure.create({ type: missing.code, nonRetryable: true, message: missing.message });
  }
  return locate(event, report, location);
}

/** Whether a port is remembered where the server is or was; one that was only seen has none yet. */
function hasPorts({ placement }: ServerReport): boolean {
  return placement !== undefined && placement.ports.length > 0;
}

async function serverReport(event: PortSecurityEvent, waiting: Waiting): Promise<ServerReport> {
  const result = await patiently(waiting, () => steps.fetchServerIps({ of: 'event', serverId: event.serverId }));
  if (result.of !== 'event')
    throw ApplicationFailure.nonRetryable('fetchServerIps answered another question', 'internal');
  return result.report;
}

/** A deleted server's ports are remembered, so a hypervisor that does not answer does not hold up its removal. */
async function guestLocation(report: ServerReport, waiting: Waiting): Promise<GuestLocation | undefined> {
  const guest = guestOf(report);
  if (guest === undefined) return undefined;
  const { cluster, vmid } = guest;
  waiting.show(`Asking Proxmox for the node of guest ${vmid}`);
  const ask = (): Promise<GuestLocation> => steps.findProxmoxNode({ cluster, vmid });
  if (report.server !== undefined) return patiently(waiting, ask);
  try {
    return await ask();
  } catch (error) {
    reportFailure(error);
    return undefined;
  }
}

function guestOf(report: ServerReport): { readonly cluster: string; readonly vmid: number } | undefined {
  return report.server?.kind === 'vm' ? report.server.hypervisor : report.placement?.guest;
}

async function nothingToDo(
  event: PortSecurityEvent,
  location: Exclude<Location, { targets: unknown }>,
): Promise<EventResult> {
  const summary =
    'nothingKnown' in location
      ? location.nothingKnown
      : `Requirement ${location.requirement} does not hold: ${location.message}`;
  if ('requirement' in location) {
    const { requirement, message } = location;
    await steps.noteRequirement({ serverId: event.serverId, requirement, message });
  }
  setCurrentDetails(`**skipped**: ${summary}`);
  return {
    ...event,
    status: 'skipped',
    summary,
    ports: [],
    ...('requirement' in location ? { requirement: location.requirement } : {}),
  };
}

function describePorts(event: PortSecurityEvent, targets: readonly DirtyTarget[]): void {
  const [first] = targets;
  if (first === undefined) return;
  upsertSearchAttributes([
    { key: ATTRIBUTE.serverId, value: String(event.serverId) },
    { key: ATTRIBUTE.action, value: event.action },
    { key: ATTRIBUTE.device, value: first.device },
    { key: ATTRIBUTE.port, value: first.port },
  ]);
}
