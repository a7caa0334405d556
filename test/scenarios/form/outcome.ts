import { z } from 'zod';
import type { EventAnswer } from '../../system/site';
import type { Play } from '../runner/play';
import { listDifference, missingWords, words } from './words';

/** What an event must have ended with; what is not named may be anything. */
export const outcome = z.strictObject({
  status: z.enum(['applied', 'unchanged', 'held', 'skipped', 'parked', 'failed']).exactOptional(),
  state: z.enum(['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed-out']).exactOptional(),
  requirement: z.string().exactOptional(),
  /** Error code. */
  error: z.string().exactOptional(),
  /** Every address that was left out, with its rule: `10.0.48.5: duplicate-mac`. `{}`: none. */
  rules: z.record(z.string(), z.string()).exactOptional(),
  /** Every address whose binding waits for a person. */
  parked: z.array(z.string()).exactOptional(),
  /** The ports that were looked at: `a ge-0/0/1.0`. */
  ports: z.array(z.string()).exactOptional(),
  words: words.exactOptional(),
});
export type ExpectedOutcome = z.infer<typeof outcome>;

/** What differs between the end of an event and what it must be. */
export async function outcomeDifferences(play: Play, workflowId: string, expected: ExpectedOutcome): Promise<string[]> {
  const answer = expected.state === 'running' ? await play.event(workflowId) : await play.ended(workflowId);
  const different = (what: string, wanted: string | undefined, found: string | undefined): string[] =>
    wanted === undefined || wanted === found ? [] : [`- ${what}: ${wanted}`, `+ ${what}: ${found ?? 'none'}`];
  const compared = (what: string, wanted: readonly string[] | undefined, found: readonly string[]): string[] => {
    const lines = wanted === undefined ? [] : listDifference(wanted, found);
    return lines.length === 0 ? [] : [`${what}:`, ...lines.map((line) => `  ${line}`)];
  };
  const ports = answer.outcome?.ports ?? [];
  const lines = [
    ...different('status', expected.status, answer.outcome?.status),
    ...different('state', expected.state, answer.state),
    ...different('requirement', expected.requirement, answer.outcome?.requirement),
    ...different('error', expected.error, answer.error?.code),
    ...compared('rules', expected.rules && entries(expected.rules), rulesOf(answer)),
    ...compared(
      'parked',
      expected.parked,
      ports.flatMap(({ parked }) => parked?.remove.map(({ ip }) => ip) ?? []),
    ),
    ...compared(
      'ports',
      expected.ports,
      ports.map(({ device, port }) => `${device} ${port}`),
    ),
    ...missingWords(expected.words ?? [], JSON.stringify(answer)),
  ];
  return lines.length === 0 ? [] : [...lines, `the event ended with: ${summaryOf(answer)}`];
}

function rulesOf(answer: EventAnswer): string[] {
  return (answer.outcome?.ports ?? []).flatMap(({ excluded }) => excluded.map(({ ip, rule }) => `${ip}: ${rule}`));
}

function entries(record: Readonly<Record<string, string>>): string[] {
  return Object.entries(record).map(([key, value]) => `${key}: ${value}`);
}

function summaryOf({ state, outcome: result, error, waitingFor }: EventAnswer): string {
  return result === undefined
    ? `${state} ${error === undefined ? (waitingFor ?? '') : `${error.code}: ${error.message}`}`
    : `${result.status}: ${result.summary}`;
}
