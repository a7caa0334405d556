import { describeFields } from '../domain/policies/changeWords';
import type { AcceptedPolicyAnswer, ChangedPolicyAnswer, PolicyAnswer, PolicyRow } from './policyAnswers';

type Change = PolicyAnswer['changes'][number];

/** Policies as an operator reads them: whose ports, what it says, by whom, why and until when. */
export function policiesText(policies: readonly PolicyRow[]): string {
  return policies.length === 0 ? 'There is no port policy\n' : `${policies.map(policyLines).join('\n')}\n`;
}

/** One policy, and what was done to it. */
export function policyText({ policy, version, changes }: PolicyAnswer): string {
  const log = changes.map((change) => `  ${change.version.padStart(4)}  ${change.at}  ${changeText(change)}`);
  return [
    policy === undefined ? `There is no policy now (version ${version})` : policyLines(policy),
    'What was done:',
    ...log,
    '',
  ].join('\n');
}

/** A change that was accepted and is not waited for. */
export function acceptedText({ workflowId, change }: AcceptedPolicyAnswer): string {
  const recorded = change === undefined ? 'not recorded yet' : `recorded as version ${change.version}`;
  return `accepted as ${workflowId}, ${recorded}; its ports are looked at\n`;
}

/** What became of a change, port by port. */
export function changedText({ summary, outcomes, notes }: ChangedPolicyAnswer): string {
  const ports = outcomes.flatMap(({ device, port, status, summary: words, policy }) => [
    `  ${device} ${port}  ${status}: ${words}`,
    ...(policy?.refused ?? []).map(({ code, message }) => `      not carried out: ${code}: ${message}`),
  ]);
  return [summary, ...ports, ...notes.map((note) => `note: ${note}`), ''].join('\n');
}

/** Whether the change is in force on every port. */
export function isCarriedOut({ outcomes }: ChangedPolicyAnswer): boolean {
  return outcomes.every(
    ({ status, policy }) =>
      (status === 'applied' || status === 'unchanged') && (policy === undefined || policy.refused.length === 0),
  );
}

function policyLines(policy: PolicyRow): string {
  const { version, author, reason, createdAt, expiresAt, state, over } = policy;
  const ending = state === 'ending' ? ' (within the hour)' : '';
  const until = expiresAt === undefined ? 'for good' : `until ${expiresAt}${ending}`;
  const then = over === undefined ? [] : [`      then again: ${describeFields(over)}`];
  return [
    `${scopeText(policy.scope)}  version ${version}`,
    `      ${describeFields(policy)}`,
    `      by ${author} since ${createdAt}, ${until}: ${reason}`,
    ...then,
  ].join('\n');
}

function changeText({ change, author, reason, after }: Pick<Change, 'change' | 'author' | 'reason' | 'after'>): string {
  const what = after === undefined ? 'none is left' : describeFields(after);
  return `${change} by ${author} (${reason}): ${what}`;
}

function scopeText({ kind, device, port, serverId, network }: PolicyRow['scope']): string {
  return [kind, device, port ?? network, serverId].filter((part) => part !== undefined).join(' ');
}
