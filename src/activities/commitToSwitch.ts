import { Context } from '@temporalio/activity';
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
import { PassProgress } from './pass/passProgress';
import { policiesOfDevice } from './pass/policiesOfDevice';
import { portTarget } from './pass/portTarget';
import { shownOutcomes } from './pass/shownOutcomes';
import { recordPass } from './pass/recordPass';
import { PassMacs } from './virtualMacs/passMacs';

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
  return async (input) => {
    const progress = new PassProgress(deps, input);
    const { cancellationSignal } = Context.current();
    try {
      const attempt = await attempts.begin(input.device, progress.pass, cancellationSignal);
      try {
        return await passOver(deps, input, attempt, progress);
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
  attempt: DeviceAttempt,
  progress: PassProgress,
): Promise<PassResult> {
  const { workflowId, pass } = progress;
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
      ...(await readKeeps(deps.store, input.device, targets)),
      ...(await policiesOfDevice(deps.store, input.device, targets)),
      logToken: progress.logToken,
      openCommits: intents.open(),
    },
    {
      signal: attempt.signal,
      onLosses: (losses) => admitLosses(deps, input.device, losses, facts),
      onStep: (step, detail) => progress.step(step, detail),
      onBackup: async (configuration) => {
        await deps.store.backups.add(input.device, configuration, `before ${workflowId} batch ${input.batch}`);
      },
      onOpenCommits: (findings) => intents.settle(findings),
      allocateVirtualMacs: (addresses) => macs.allocate(addresses),
      onRemember: async (changes) => {
        await attempt.assertCurrent();
        await deps.store.portMemories.put(input.device, changes);
      },
      beforeCommit: async (intent) => {
        await intents.write(intent);
        await attempt.assertCurrent();
      },
    },
  );
  progress.finished(convergence.commit !== undefined);
  const { outcomes, pass: reported } = await recordPass(deps, input, convergence, { workflowId, intents, macs });
  for (const outcome of outcomes) progress.outcome(outcome);
  return {
    summary: summarise(convergence, outcomes),
    outcomes: shownOutcomes(outcomes),
    ...shown(convergence),
    ...(reported === undefined ? {} : { pass: reported }),
  };
}

/** Histories are small: what is longer stands whole in the journal. */
function shown({ commands, commit, notes }: Convergence): Pick<PassResult, 'commands' | 'diff' | 'notes'> {
  return {
    commands: commands.slice(0, SHOWN_COMMANDS),
    ...(commit === undefined ? {} : { diff: commit.diff.slice(0, SHOWN_DIFF) }),
    notes: notes.slice(0, 20),
  };
}
