import { Context } from '@temporalio/activity';
import type { Convergence, PortConvergence, PortTarget } from '../devices/device';
import type { PortOutcome } from '../domain/outcome';
import { isEmptyPlan, planFingerprint } from '../domain/plan';
import type { DeviceId, PortName } from '../domain/port';
import { CommitIntents } from './commitIntents';
import type { Activities, CommitToSwitchInput, DesiredPortBindings } from './contract';
import type { ActivityDependencies } from './dependencies';
import { DeviceAttempts } from './deviceAttempts';
import { codeOf } from './failure';

const HEARTBEAT_MS = 8_000;
const SHOWN_COMMANDS = 200;
const SHOWN_DIFF = 10_000;

/**
 * Makes the bindings of a batch's ports exactly the desired ones in one commit, proves it by reading back, and
 * records it. An attempt that is no longer the current one of its device stops before the commit.
 */
export function createCommitToSwitch(deps: ActivityDependencies): Activities['commitToSwitch'] {
  const attempts = new DeviceAttempts(deps.store.fences, deps.stopping);
  return async (input) => {
    const { info, cancellationSignal } = Context.current();
    const workflowId = info.workflowExecution?.workflowId ?? 'none';
    const log = deps.log.child({ workflowId, device: input.device, batch: input.batch });
    const started = Date.now();
    let step = 'connect';
    const beat = setInterval(() => { Context.current().heartbeat(step); }, HEARTBEAT_MS);
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
        { targets: input.ports.map((port) => target(port, approvals.get(port.port))), guards: input.guards, logToken: logToken(workflowId, input.batch, info.workflowExecution?.runId ?? ''), openCommits: intents.open() },
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
      deps.metrics.commit(input.device, convergence.commit === undefined ? 'unchanged' : 'committed', (Date.now() - started) / 1000);
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
      log.warn({ step, code: codeOf(error), reason: error instanceof Error ? error.message : String(error) }, 'device change failed');
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

function target(port: DesiredPortBindings, approvedFingerprint: string | undefined): PortTarget {
  const { desired, retainIps, removals } = port;
  return { port: port.port, desired, retainIps, removals, ...(approvedFingerprint === undefined ? {} : { approvedFingerprint }) };
}

async function approvedFingerprints(deps: ActivityDependencies, input: CommitToSwitchInput): Promise<Map<PortName, string>> {
  const approvals = new Map<PortName, string>();
  for (const { port, approved } of input.ports) {
    const parked = approved ? await deps.store.parked.get(input.device, port) : undefined;
    if (parked !== undefined) approvals.set(port, parked.fingerprint);
  }
  return approvals;
}

type Told = Awaited<ReturnType<CommitIntents['tell']>>;

/** Writes journal, parked changes and placements, and words the outcomes. What was committed is reported even when the store fails. */
async function record(deps: ActivityDependencies, input: CommitToSwitchInput, convergence: Convergence, workflowId: string, intents: CommitIntents): Promise<Told> {
  const outcomes = convergence.ports.map((port) => outcomeOf(input, port, convergence));
  const attempt = async <T>(what: string, write: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await write();
    } catch (error) {
      deps.metrics.sourceError('store', codeOf(error));
      deps.log.error({ workflowId, device: input.device, code: codeOf(error) }, `the change was made but ${what} could not be recorded`);
      return otherwise;
    }
  };
  const journalIds = await attempt('the journal', () => journal(intents, input, outcomes, convergence, workflowId), new Map<PortName, string>());
  await attempt('what it decided', () => rememberDecisions(deps, input, convergence), undefined);
  const journaled = outcomes.map((outcome) => {
    const journalId = journalIds.get(outcome.port);
    return journalId === undefined ? outcome : { ...outcome, journalId };
  });
  return attempt<Told>('what the events are told', () => intents.tell(journaled, convergence.ports), { outcomes: journaled });
}

async function journal(
  intents: CommitIntents,
  input: CommitToSwitchInput,
  outcomes: readonly PortOutcome[],
  convergence: Convergence,
  workflowId: string,
): Promise<Map<PortName, string>> {
  const noteworthy = outcomes.filter((outcome) => outcome.status !== 'unchanged');
  const ids = await intents.journal(
    noteworthy.map((outcome) => ({
      device: input.device,
      port: outcome.port,
      workflowId,
      status: outcome.status,
      summary: outcome.summary,
      added: outcome.added,
      removed: outcome.removed,
      commands: convergence.commands,
      ...(outcome.commit === undefined ? {} : { commit: outcome.commit }),
      ...(convergence.commit === undefined ? {} : { diff: convergence.commit.diff }),
    })),
  );
  return new Map(noteworthy.flatMap((outcome, index) => {
    const id = ids[index];
    return id === undefined ? [] : [[outcome.port, id] as const];
  }));
}

async function rememberDecisions(deps: ActivityDependencies, input: CommitToSwitchInput, convergence: Convergence): Promise<void> {
  for (const port of convergence.ports) {
    if (port.status === 'parked') {
      const { add: added, remove: removed } = port.plan;
      const reason = port.guard?.message ?? 'parked';
      await deps.store.parked.put({ device: input.device, port: port.port, fingerprint: planFingerprint(port.plan), reason, added, removed });
    } else if (port.status !== 'failed') {
      await deps.store.parked.delete(input.device, port.port);
      const gone = input.ports.find((asked) => asked.port === port.port)?.gone ?? [];
      for (const serverId of gone) await deps.store.placements.delete(serverId);
    }
  }
}

function outcomeOf(input: CommitToSwitchInput, port: PortConvergence, convergence: Convergence): PortOutcome {
  const asked = input.ports.find((candidate) => candidate.port === port.port);
  const excluded = [...(asked?.excluded ?? []), ...port.excluded];
  const changed = port.status === 'applied';
  const isInCommit = changed || port.error?.code === 'device-readback-mismatch';
  return {
    device: input.device,
    port: port.port,
    status: port.status,
    summary: describe(input.device, port, excluded.length),
    added: changed || port.status === 'parked' ? port.plan.add : [],
    removed: changed || port.status === 'parked' ? port.plan.remove : [],
    excluded,
    ...(isInCommit && convergence.commit !== undefined ? { commit: convergence.commit.logToken } : {}),
    ...(port.error === undefined ? {} : { error: port.error }),
  };
}

function describe(device: DeviceId, port: PortConvergence, excluded: number): string {
  const where = port.effectivePort === port.port ? '' : ` (as member of ${port.effectivePort})`;
  const left = excluded === 0 ? '' : `; ${excluded} address(es) left out`;
  if (port.status === 'failed') return `${port.error?.message ?? 'failed'}${where}`;
  if (port.status === 'parked') return `Parked until a person confirms: ${port.guard?.message ?? ''}${where}`;
  if (port.status === 'unchanged' || isEmptyPlan(port.plan)) return `Already as desired: ${port.bindings.length} binding(s)${where}${left}`;
  return `${port.plan.add.length} added, ${port.plan.remove.length} removed; committed on ${device} and read back: ${port.bindings.length} binding(s)${where}${left}`;
}

function summarise(convergence: Convergence, outcomes: readonly PortOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  return `${convergence.commit === undefined ? 'Nothing committed' : 'One commit, read back'}: ${parts}`;
}

