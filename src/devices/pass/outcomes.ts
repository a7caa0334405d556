import { howToDecide } from '../../domain/change/guards';
import { AT_TWO_PORTS } from '../../domain/change/keptElsewhere';
import type { Exclusion, PolicyReport, PortOutcome } from '../../domain/change/outcome';
import { isEmptyPlan, removedBy } from '../../domain/change/plan';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { Convergence, PortConvergence } from './convergence';

/** How outcomes and journal begin what they say of changes that wait for a person. */
export const PARKED = 'Parked until a person confirms';

/** Rules whose sentences are part of the summary. */
const SAID: readonly string[] = ['kept-otherwise', 'first-statement', ...AT_TWO_PORTS];

/** What a pass was asked about a port beside its bindings: the addresses that were left out before it. */
export interface AskedPort {
  readonly port: PortName;
  readonly excluded: readonly Exclusion[];
}

/** What a pass over a device came to, as journal and waiting events have it. */
export function outcomesOf(
  device: DeviceId,
  asked: readonly AskedPort[],
  convergence: Convergence,
): readonly PortOutcome[] {
  return convergence.ports.map((port) => outcomeOf(device, asked, port, convergence.commit?.logToken));
}

/** A pass in one sentence. */
export function summarise(convergence: Convergence, outcomes: readonly PortOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  return `${convergence.commit === undefined ? 'Nothing committed' : 'One commit, read back'}: ${parts}`;
}

function outcomeOf(
  device: DeviceId,
  asked: readonly AskedPort[],
  port: PortConvergence,
  commit: string | undefined,
): PortOutcome {
  const before = asked.find((candidate) => candidate.port === port.port)?.excluded ?? [];
  const excluded = [...before, ...port.excluded];
  const isApplied = port.status === 'applied';
  const isInCommit = isApplied || port.error?.code === 'device-readback-mismatch';
  const waiting = parkedPart(device, port);
  return {
    device,
    port: port.port,
    status: port.status,
    summary: describe(device, port, excluded.filter(({ rule }) => !AT_TWO_PORTS.includes(rule)).length, waiting),
    added: isApplied ? port.plan.add : [],
    removed: isApplied ? removedBy(port.plan) : [],
    excluded,
    ...(port.status === 'failed' ? {} : waiting),
    ...(port.policy === undefined ? {} : { policy: port.policy }),
    ...(isInCommit && commit !== undefined ? { commit } : {}),
    ...(port.error === undefined ? {} : { error: port.error }),
  };
}

/** What waits for a person on a port, with what that person can do. */
function parkedPart(device: DeviceId, { port, parked }: PortConvergence): Pick<PortOutcome, 'parked'> {
  if (parked === undefined) return {};
  const { remove, add, reason, fingerprint, guards } = parked;
  return { parked: { remove, add, guards, reason: `${reason}. ${howToDecide(device, port)}`, fingerprint } };
}

function describe(
  device: DeviceId,
  port: PortConvergence,
  excluded: number,
  { parked }: Pick<PortOutcome, 'parked'>,
): string {
  const where = port.effectivePort === port.port ? '' : ` (as member of ${port.effectivePort})`;
  const left = `${excluded === 0 ? '' : `; ${excluded} address(es) left out`}${parked === undefined ? '' : `. ${PARKED}: ${parked.reason}`}`;
  const said = [
    ...new Set(port.excluded.filter(({ rule }) => SAID.includes(rule)).map(({ message }) => message)),
    ...port.remarks,
    ...wordsOf(port.policy),
  ]
    .map((sentence) => `. ${sentence}`)
    .join('');
  const present = `${port.statements.length} binding(s)${where}${left}${said}`;
  if (port.status === 'failed') return `${port.error?.message ?? 'failed'}${where}`;
  if (port.status === 'parked') return `${PARKED}: ${parked?.reason ?? ''}${where}${said}`;
  if (port.status === 'held') return `Held, nothing changed: ${present}`;
  if (port.status === 'unchanged' || isEmptyPlan(port.plan)) return `Already as desired: ${present}`;
  return `${port.plan.add.length} added, ${port.plan.remove.length} removed; committed on ${device} and read back: ${present}`;
}

/** What policies come to, in sentences. */
export function wordsOf(policy: PolicyReport | undefined): readonly string[] {
  if (policy === undefined) return [];
  return [...policy.says, ...policy.refused.map(({ message }) => `Not carried out: ${message}`), ...policy.remarks];
}
