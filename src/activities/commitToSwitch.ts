import { Context } from '@temporalio/activity';
import { deferralOfNames } from '../domain/change/deferral';
import type { CommitIntent } from '../domain/change/commitIntent';
import type { PortName } from '../domain/values/port';
import { converge } from '../devices/pass/converge';
import type { Convergence } from '../devices/pass/convergence';
import { summarise } from '../devices/pass/outcomes';
import type { PassActivity, PassInput, PassResult } from '../protocol/activities';
import { CommitIntents } from './pass/commitIntents';
import type { ActivityDependencies } from './dependencies';
import { admitLosses, readGuardFacts } from './pass/guardFacts';
import { DeviceAttempts, type DeviceAttempt } from './pass/deviceAttempts';
import { approvedFingerprints } from './pass/parkedChanges';
import { readKeeps } from './pass/keptElsewhere';
import { readHolds } from './holds/readHolds';
import { PassProgress } from './pass/passProgress';
import { policiesOfDevice } from './pass/policiesOfDevice';
import { assertNotDeferred, readDeferrals } from './pauses/deferrals';
import { planObjections } from './applyAll/planObjections';
import { portTarget } from './pass/portTarget';
import { announceSettings } from './pass/rememberSettings';
import { shownOutcomes } from './pass/shownOutcomes';
import { recordPass } from './pass/recordPass';
import { GroupMemberships } from './policies/groupMemberships';
import { PassMacs } from './virtualMacs/passMacs';
import { readRevoked } from './virtualMacs/readRevoked';

const SHOWN_COMMANDS = 200;
const SHOWN_DIFF = 10_000;

/**
 * Makes the activity that brings a batch's ports to their desired bindings in one commit, as far as it is certain, proves
 * it by reading back, and records it; what is not certain stays and waits for a person. An attempt that is no longer the
 * current one of its device stops before the commit. It is the same for every kind of device, under the name that the
 * kind's driver gives it (`commitToSwitch` for switches), so that histories read naturally.
 */
export function createCommitToSwitch(deps: ActivityDependencies): PassActivity {
  const attempts = new DeviceAttempts(deps.store.fences, deps.stopping);
  const groups = new GroupMemberships(deps);
  return async (input) => {
    const progress = new PassProgress(deps, input);
    const { cancellationSignal } = Context.current();
    try {
      const attempt = await attempts.begin(input.device, progress.pass, cancellationSignal);
      try {
        return await passOver(deps, input, { attempt, groups }, progress);
      } catch (error) {
        progress.failed(error);
        throw error;
      } finally {
        attempt.end();
      }
    } finally {
      progress.end();
    }
  };
}

/** Facts, the shared pass, the record. */
async function passOver(
  deps: ActivityDependencies,
  input: PassInput,
  { attempt, groups }: { readonly attempt: DeviceAttempt; readonly groups: GroupMemberships },
  progress: PassProgress,
): Promise<PassResult> {
  const { workflowId, pass } = progress;
  const deferrals = await readDeferrals(deps, input.device);
  const intents = await CommitIntents.of(deps, input.device, workflowId, pass);
  const approvals = await approvedFingerprints(deps, input);
  const facts = await readGuardFacts(deps.store, input.device);
  const macs = new PassMacs(deps, input, workflowId);
  const device = deps.devices.open(input.device);
  const targets = input.ports.map((port) => portTarget(port, approvals.get(port.port)));
  const convergence = await converge(
    device,
    {
      targets,
      guards: input.guards,
      facts,
      ...(await readKeeps(deps.store, input.device, input.ports)),
      ...(await readHolds(deps.store, input.device)),
      ...(await readRevoked(deps.store, input.device, targets)),
      ...(await policiesOfDevice(deps, input.device, targets, attempt.signal)),
      logToken: progress.logToken,
      openCommits: intents.open(),
      objectionTo: await planObjections(deps, input),
      deferralOf: (names) => deferralOfNames(deferrals, names, Date.now())?.error,
    },
    {
      signal: attempt.signal,
      onLosses: (losses) => admitLosses(deps, input.device, losses, facts),
      onStep: (step, detail) => progress.step(step, detail),
      onBackup: async (configuration, bindings) => {
        const reason = `before ${workflowId} batch ${input.batch}`;
        await deps.store.backups.add(input.device, configuration, reason, bindings);
      },
      onOpenCommits: (findings) => intents.settle(findings),
      allocateVirtualMacs: (addresses) => macs.allocate(addresses),
      onRemember: async (changes) => {
        await attempt.assertCurrent();
        await deps.store.portMemories.put(input.device, changes);
      },
      beforeCommit: async (intent) => {
        const ports = namesOf(intent);
        await assertNotDeferred(deps, input.device, ports);
        await announceSettings(deps, input, intent);
        await intents.write(intent);
        await attempt.assertCurrent();
        await assertNotDeferred(deps, input.device, ports);
      },
      beforeFurtherWrite: (port) => assertNotDeferred(deps, input.device, [[port]]),
    },
  );
  progress.finished(convergence.commit !== undefined);
  const { outcomes, pass: reported } = await recordPass(deps, input, convergence, {
    workflowId,
    intents,
    macs,
    tellGroups: () => groups.tell(deps.stopping),
  });
  for (const outcome of outcomes) progress.outcome(outcome);
  return {
    summary: summarise(convergence, outcomes),
    outcomes: shownOutcomes(outcomes),
    ...shown(convergence),
    ...(reported === undefined ? {} : { pass: reported }),
  };
}

/** The ports that a commit changes, each by all names that it was asked for under and its own. */
function namesOf({ ports }: Pick<CommitIntent, 'ports'>): readonly (readonly PortName[])[] {
  const effective = [...new Set(ports.map(({ effectivePort }) => effectivePort))];
  return effective.map((own) => [own, ...ports.flatMap((one) => (one.effectivePort === own ? [one.port] : []))]);
}

/** Histories are small: what is longer stands whole in the journal. */
function shown({ commands, commit, notes }: Convergence): Pick<PassResult, 'commands' | 'diff' | 'notes'> {
  return {
    commands: commands.slice(0, SHOWN_COMMANDS),
    ...(commit === undefined ? {} : { diff: commit.diff.slice(0, SHOWN_DIFF) }),
    notes: notes.slice(0, 20),
  };
}
