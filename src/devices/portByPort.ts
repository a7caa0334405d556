import { isInEffect, type CommitFinding, type CommitIntent } from '../domain/change/commitIntent';
import type { DeviceState, PlannedPort } from './device';
import { everythingOn } from './policyCarrier';

/** For devices without a commit log: only what ports have says what became of a commit. */
export function foundByStatements(
  commits: readonly CommitIntent[],
  before: Pick<DeviceState, 'statements' | 'policies'>,
): readonly CommitFinding[] {
  return commits.map(({ logToken, ports }) => {
    const done = ports.filter((change) => isInEffect(change, everythingOn(before, change.effectivePort)));
    return {
      logToken,
      fate: done.length > 0 ? 'committed' : 'not-committed',
      evidence: 'bindings',
      ports: done.map(({ port }) => ({ port, state: 'in-effect' })),
    };
  });
}

/** The difference of plans, for devices that make none themselves: a line for each statement. */
export function differenceLines(ports: readonly PlannedPort[]): readonly string[] {
  return ports.flatMap(({ port, plan }) => [
    ...plan.remove.map(({ text }) => `- ${port} ${text}`),
    ...plan.add.map(({ text }) => `+ ${port} ${text}`),
  ]);
}
