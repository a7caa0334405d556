import { describeCommit, describeOrigin, isOurs } from '../change/origin';
import type { Drift, DriftStatement } from './drift';

/** The drift of a port in one sentence, for reasons and logs: the first statements of it, each with who did it. */
export function describeDrift({ statements }: Pick<Drift, 'statements'>, shown = 5): string {
  const texts = statements.slice(0, shown).map(describeStatement);
  const more = statements.length - texts.length;
  return `${texts.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** One statement of it: `missing: 10.0.48.5 …, taken by a commit of ops via cli at …`. */
export function describeStatement({ change, statement, origin, because }: DriftStatement): string {
  const who = because ?? (origin === undefined ? undefined : describeCause(change, origin));
  return `${change}: ${statement.text}${who === undefined ? '' : `, ${who}`}`;
}

/** Who is behind a difference. A commit of our own, or none, means that the sources changed and no event said so. */
function describeCause(change: DriftStatement['change'], origin: NonNullable<DriftStatement['origin']>): string {
  if (origin.found === 'nothing') return `nobody can say who did it: ${origin.why}`;
  if (origin.found === 'older') {
    if (change === 'extra') return describeOrigin(origin).replace(/^device: /, '');
    const commits = origin.looked === 1 ? 'the last commit' : `the last ${origin.looked} commits`;
    return `not there since before ${commits}: the sources want it, and no event said so`;
  }
  const commit = describeCommit(origin.commit);
  if (!isOurs(origin.commit)) return `${change === 'extra' ? 'brought' : 'taken'} by a commit of ${commit}`;
  return change === 'extra'
    ? `bound by portwarden (${commit}): the sources no longer want it, and no event said so`
    : `taken by portwarden (${commit}): the sources want it again, and no event said so`;
}
