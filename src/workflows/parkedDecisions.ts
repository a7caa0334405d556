import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { portRequest } from '../domain/servers/portRequest';
import {
  readDecideParkedInput,
  type DecideParkedInput,
  type DecideParkedResult,
  type DecidedPortResult,
  type ParkedDecisionActivities,
  type RecordedParkedDecision,
} from '../protocol/parkedDecisions';
import { askOnce, converge, listen, type Wanted } from './converging';
import { answer, readOrFail } from './shortWorkflow';

const { recordParkedDecision, letApprovedPass } = proxyActivities<ParkedDecisionActivities>({
  scheduleToCloseTimeout: '5 minutes',
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 4, initialInterval: '2 seconds' },
});

/**
 * Carries out a person's decision about parked changes: has the device's coordinator make or drop exactly these, and reports what became of them.
 * Input: `{verdict, device, ports: [{port, fingerprint?}], author, reason?, outsideWindow?}`.
 */
export async function decideParked(input: unknown): Promise<DecideParkedResult> {
  const request = readOrFail(() => readDecideParkedInput(input));
  const { device, verdict, author, reason, outsideWindow } = request;
  const waiting = listen();
  waiting.show(`Looking at what is parked on ${device}`);
  const { ports } = await answer(() => recordParkedDecision(request));
  const wanted = ports.flatMap((one) => wantedOf(request, one));
  if (outsideWindow === true && reason !== undefined && wanted.length > 0) {
    // What may pass is what the coordinator knows to be approved: asked before, it lets nothing else use the exception up.
    await answer(() => askOnce(wanted, waiting));
    await answer(() => letApprovedPass({ device, ports: wanted.map(({ port }) => port), author, reason }));
  }
  const outcomes = await answer(() => converge(wanted, undefined, waiting));
  const results = ports.map(({ port, refused }): DecidedPortResult => {
    const outcome = outcomes.find((one) => one.port === port);
    return {
      port,
      ...(refused === undefined ? {} : { refused }),
      ...(outcome === undefined ? {} : { outcome: { status: outcome.status, summary: outcome.summary } }),
    };
  });
  const refusals = results.filter(({ refused }) => refused !== undefined).length;
  const summary = `${wanted.length} change(s) ${verdict === 'approve' ? 'approved' : 'rejected'} by ${author}${refusals === 0 ? '' : `, ${refusals} refused`}`;
  setCurrentDetails(summary);
  return { summary, device, ports: results };
}

function wantedOf(
  { device, verdict, author, reason }: DecideParkedInput,
  { port, fingerprint }: RecordedParkedDecision,
): readonly Wanted[] {
  if (fingerprint === undefined) return [];
  const said = { author, ...(reason === undefined ? {} : { reason }) };
  const decided = verdict === 'approve' ? { approvedChange: fingerprint } : { rejection: { fingerprint, ...said } };
  return [{ device, ...portRequest(port), ...decided }];
}
