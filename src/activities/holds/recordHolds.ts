import { invalidField, PortwardenError } from '../../domain/errors';
import type { PortHold } from '../../domain/holds/portHold';
import type { HoldActivities, RecordedHold, ReleasePlan } from '../../protocol/holds';
import { workflowIdOf } from '../decisions/workflowIdOf';
import type { ActivityDependencies } from '../dependencies';
import { withinLook } from '../looks/limit';
import { endedEntry, releasedEntry, replacedEntry, setEntry } from './holdEntries';
import { planRelease } from './planRelease';
import { planRestore } from './planRestore';

const NOT_SHOWN =
  'is not what was shown: the ports, the sources or what is held changed meanwhile. Nothing was changed.';

/** The activities of restores and holds. Only the coordinator changes a port; these look, and write down what a person said. */
export function holding(deps: ActivityDependencies): Readonly<HoldActivities> {
  const { holds: stored } = deps.store;
  return {
    planRestore: async (subject) => (await withinLook((signal) => planRestore(deps, subject, signal))).plan,
    async recordRestore({ hash, author, reason, expiresAt, ...subject }) {
      if (Date.parse(expiresAt) <= Date.now())
        throw invalidField('invalid-request', 'expiresAt', 'must be in the future');
      const workflowId = workflowIdOf();
      const { plan, drafts } = await withinLook((signal) => planRestore(deps, subject, signal));
      const possible = drafts.filter(({ refusals }) => refusals.length === 0);
      const refused = drafts
        .filter(({ refusals }) => refusals.length > 0)
        .map(({ port, refusals }) => ({ port, refusals }));
      // An earlier try of the same step may have made them already.
      const before = (await stored.of(subject.device)).filter((hold) => hold.workflowId === workflowId);
      if (before.length > 0) return { holds: before.map(recorded), refused };
      if (plan.hash !== hash) throw new PortwardenError('hold-differs', `What the restore would do ${NOT_SHOWN}`);
      if (possible.length === 0)
        throw new PortwardenError(
          'restore-refused',
          refused.map(({ port, refusals }) => `${port}: ${refusals.join('; ')}`).join('. ') ||
            'There is no automated port',
        );
      const made = await stored.set(
        possible.map(({ hold }) => ({ ...hold, workflowId, author, reason, expiresAt })),
        new Date(),
        { set: setEntry, replaced: replacedEntry(workflowId, { author, reason }) },
      );
      return { holds: made.map(recorded), refused };
    },
    planRelease: async ({ ids }) => (await withinLook((signal) => planRelease(deps, ids, signal))).plan,
    async recordRelease({ ids, hash, author, reason }) {
      const { plan, holds, released, leftAlone } = await withinLook((signal) => planRelease(deps, ids, signal));
      // An earlier try of the same step may have released them already.
      if (released.length < holds.length) {
        assertShown(plan, hash);
        await stored.release(ids, { author, reason }, new Date(), releasedEntry(workflowIdOf()));
      }
      // No pass looks at a port that is not automated any more, so nobody else would end these.
      await stored.end(leftAlone, endedEntry(workflowIdOf()));
      return { holds: holds.filter(({ id }) => !leftAlone.includes(id)) };
    },
  };
}

function assertShown(plan: ReleasePlan, hash: string): void {
  if (plan.hash !== hash) throw new PortwardenError('hold-differs', `What the release would do ${NOT_SHOWN}`);
  const unsaid = plan.ports.find(({ trouble }) => trouble !== undefined);
  if (unsaid?.trouble === undefined) return;
  const { device, port, trouble } = unsaid;
  throw new PortwardenError(
    'hold-differs',
    `It cannot be said now what becomes of ${device} ${port}: ${trouble}. Nothing was changed.`,
  );
}

function recorded({ id, device, port, askedAs }: PortHold): RecordedHold {
  return { id, device, port, askedAs };
}
