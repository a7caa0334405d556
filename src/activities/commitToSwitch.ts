import { Context } from '@temporalio/activity';
import type { Convergence, PortConvergence, PortTarget } from '../devices/device';
import type { PortOutcome } from '../domain/change/outcome';
import { isEmptyPlan } from '../domain/change/plan';
import { mergeIps } from '../domain/change/removals';
import type { DeviceId, PortName } from '../domain/values/port';
import { CommitIntents } from './commitIntents';
import type { Activities, CommitToSwitchInput, DesiredPortBindings } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { DeviceAttempts } from './deviceAttempts';
import { codeOf } from './failure';
import { journalEntries } from './journalEntries';
import { approvedFingerprints, newlyParked, PARKED, parkedPart, rememberParked } from './parkedChanges';
import { rememberPlacements } from './rememberPlacements';

const HEARTBEAT_MS = 8_000;
const SHOWN_COMMANDS = 200;
const SHOWN_DIFF = 10_000;

/**
 * Brings a batch's ports to their desired bindings in one commit, as far as it is certain, proves it by reading back,
 * and records it; what is not certain stays and waits for a person. An attempt that is no longer the current one of its device stops before the commit.
 */
export function createCommitToSwitch(deps: ActivityDependencies): Activities['commitToSwitch'] {
  const attempts = new DeviceAttempts(deps.store.fences, deps.stopping);
  return async (input) => {
    const { info, cancellationSignal } = Context.current();
    const workflowId = info.workflowExecution?.workflowId ?? 'none';
    const log = deps.log.child({ workflowId, device: input.device, batch: input.batch });
    const started = Date.now();
    let step = 'connect';
    const beat = setInterval(() => {
      Context.current().heartbeat(step);
    }, HEARTBEAT_MS);
    const pass = `${info.workflowExecution?.runId ?? ''}/${info.activityId}/${info.attempt}`;
    const attempt = await attempts.begin(input.device, pass, cancellationSignal).catch((error: unknown) => {
      clearInterval(beat);
      throw error;
    });
    try {
      const intents = await CommitIntents.of(deps, input.device, workflowId, pass);
      const approvals = await approvedFingerprints(deps, input);
      const device = await deps.devices.open(input.device, attempt.signal);
      const convergence = await device.converge(
        {
          targets: input.ports.map((port) => target(port, approvals.get(port.port))),
          guards: input.guards,
          logToken: logToken(workflowId, input.batch, info.workflowExecution?.runId ?? ''),
          openCommits: intents.open(),
        },
        {
          signal: attempt.signal,
          onStep: (next, detail) => {
            step = next;
            Context.current().heartbeat(detail === undefined ? next : `${next}: ${detail}`);
            log.debug({ step: next, detail }, 'device step');
          },
          onBackup: async (configuration) => {
            await deps.store.backups.add(input.device, configuration, `before ${workflowId} batch ${input.batch}`);
          },
          onOpenCommits: (findings) => intents.settle(findings),
          beforeCommit: async (intent) => {
            await intents.write(intent);
            await attempt.assertCurrent();
          },
        },
      );
      deps.metrics.batch(input.device, input.ports.length);
      deps.metrics.commit(
        input.device,
        convergence.commit === undefined ? 'unchanged' : 'committed',
        (Date.now() - started) / 1000,
      );
      const { outcomes, pass: reported } = await record(deps, input, convergence, workflowId, intents);
      for (const outcome of outcomes) {
        deps.metrics.outcome(outcome.status);
        log.info({ port: outcome.port, status: outcome.status, journalId: outcome.journalId }, outcome.summary);
      }
      return {
        summary: summarise(convergence, outcomes),
        outcomes,
        commands: convergence.commands.slice(0, SHOWN_COMMANDS),
        ...(convergence.commit === undefined ? {} : { diff: convergence.commit.diff.slice(0, SHOWN_DIFF) }),
        notes: convergence.notes.slice(0, 20),
        ...(reported === undefined ? {} : { pass: reported }),
      };
    } catch (error) {
      deps.metrics.commit(input.device, 'failed', (Date.now() - started) / 1000);
      deps.metrics.sourceError('device', codeOf(error));
      log.warn(
        { step, code: codeOf(error), reason: error instanceof Error ? error.message : String(error) },
        'device change failed',
      );
      throw error;
    } finally {
      clearInterval(beat);
      attempt.end();
    }
  };
}

/** The commit log text: unique per pass, names the workflow. */
function logToken(workflowId: string, batch: number, runId: string): string {
  return `portwarden ${workflowId} batch ${batch} ${runId.slice(0, 8)}`.slice(0, 120);
}

/** An address that was left out and reported is known: what is bound for it stays, and waits for nobody. */
function target(port: DesiredPortBindings, approvedFingerprint: string | undefined): PortTarget {
  const { desired, excluded, removals } = port;
  const justified = new Set(mergeIps(removals.named, removals.absent));
  const reported = excluded.map(({ ip }) => ip).filter((ip) => !justified.has(ip));
  return {
    port: port.port,
    desired,
    retainIps: mergeIps(port.retainIps, reported),
    removals,
    ...(approvedFingerprint === undefined ? {} : { approvedFingerprint }),
  };
}

type Told = Awaited<ReturnType<CommitIntents['tell']>>;

/** Writes journal, parked changes and placements, and words the outcomes. What was committed is reported even when the store fails. */
async function record(
  deps: ActivityDependencies,
  input: CommitToSwitchInput,
  convergence: Convergence,
  workflowId: string,
  intents: CommitIntents,
): Promise<Told> {
  const outcomes = convergence.ports.map((port) => outcomeOf(input, port, convergence));
  const attempt = async <T>(what: string, write: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await write();
    } catch (error) {
      deps.metrics.sourceError('store', codeOf(error));
      deps.log.error(
        { workflowId, device: input.device, code: codeOf(error) },
        `the change was made but ${what} could not be recorded`,
      );
      return otherwise;
    }
  };
  const parked = await attempt('what waits for a person', () => newlyParked(deps, outcomes), new Set<PortName>());
  const journalIds = await attempt(
    'the journal',
    () => journal(intents, outcomes, parked, convergence, workflowId),
    new Map<PortName, string>(),
  );
  await attempt('what waits for a person', () => rememberParked(deps, outcomes), undefined);
  await attempt('where the servers are', () => rememberPlacements(deps, input, convergence), undefined);
  const journaled = outcomes.map((outcome) => {
    const journalId = journalIds.get(outcome.port);
    return journalId === undefined ? outcome : { ...outcome, journalId };
  });
  return attempt<Told>('what the events are told', () => intents.tell(journaled, convergence.ports), {
    outcomes: journaled,
  });
}

async function journal(
  intents: CommitIntents,
  outcomes: readonly PortOutcome[],
  parked: ReadonlySet<PortName>,
  convergence: Convergence,
  workflowId: string,
): Promise<Map<PortName, string>> {
  const entries = journalEntries(outcomes, parked, convergence, workflowId);
  const ids = await intents.journal(entries);
  const found = entries.flatMap(({ port }, index) => {
    const id = ids[index];
    return id === undefined ? [] : [[port, id] as const];
  });
  return new Map(found.reverse());
}

function outcomeOf(input: CommitToSwitchInput, port: PortConvergence, convergence: Convergence): PortOutcome {
  const asked = input.ports.find((candidate) => candidate.port === port.port);
  const excluded = [...(asked?.excluded ?? []), ...port.excluded];
  const changed = port.status === 'applied';
  const isInCommit = changed || port.error?.code === 'device-readback-mismatch';
  const waiting = parkedPart(input.device, port);
  return {
    device: input.device,
    port: port.port,
    status: port.status,
    summary: describe(input.device, port, excluded.length, waiting),
    added: changed ? port.plan.add : [],
    removed: changed ? port.plan.remove : [],
    excluded,
    ...(port.status === 'failed' ? {} : waiting),
    ...(isInCommit && convergence.commit !== undefined ? { commit: convergence.commit.logToken } : {}),
    ...(port.error === undefined ? {} : { error: port.error }),
  };
}

function describe(
  device: DeviceId,
  port: PortConvergence,
  excluded: number,
  { parked }: Pick<PortOutcome, 'parked'>,
): string {
  const where = port.effectivePort === port.port ? '' : ` (as member of ${port.effectivePort})`;
  const left = `${excluded === 0 ? '' : `; ${excluded} address(es) left out`}${parked === undefined ? '' : `. ${PARKED}: ${parked.reason}`}`;
  if (port.status === 'failed') return `${port.error?.message ?? 'failed'}${where}`;
  if (port.status === 'parked') return `${PARKED}: ${parked?.reason ?? ''}${where}`;
  if (port.status === 'unchanged' || isEmptyPlan(port.plan))
    return `Already as desired: ${port.bindings.length} binding(s)${where}${left}`;
  return `${port.plan.add.length} added, ${port.plan.remove.length} removed; committed on ${device} and read back: ${port.bindings.length} binding(s)${where}${left}`;
}

function summarise(convergence: Convergence, outcomes: readonly PortOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  return `${convergence.commit === undefined ? 'Nothing committed' : 'One commit, read back'}: ${parts}`;
}
