import type { PlanAnswer, PlanPortAnswer, RunAnswer } from './applyAllAnswers';

const BAR = 24;
const SHOWN_STATEMENTS = 3;

/** How far a run is, in one line with a bar. */
export function progressBar(run: RunAnswer): string {
  const share = run.total === 0 ? 1 : Math.min(run.done / run.total, 1);
  const full = Math.floor(share * BAR);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${Math.floor(share * 100)} %  ${progressLine(run)}`;
}

/** How far a run is, in one line. */
export function progressLine({ state, done, total, counts, waiting, inFlight, expectedEnd }: RunAnswer): string {
  const parts = Object.entries(counts).flatMap(([status, count]) => (count === 0 ? [] : [`${count} ${status}`]));
  return [
    `${state}: ${done} of ${total} port(s)`,
    ...(parts.length === 0 ? [] : [parts.join(', ')]),
    ...(inFlight === 0 ? [] : [`${inFlight} asked for`]),
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
    ...(expectedEnd === undefined ? [] : [`expected end ${expectedEnd.slice(0, 19)}Z`]),
  ].join('; ');
}

/** How a run is, with why its ports wait. */
export function runText(run: RunAnswer): string {
  return lines([
    `${run.scope}: ${progressLine(run)}`,
    `  plan ${run.plan}, by ${run.author} since ${run.startedAt}: ${run.reason}`,
    ...run.reasons.map((reason) => `  ${reason}`),
  ]);
}

/** What a plan comes to. */
export function planText(plan: PlanAnswer): string {
  const parts = Object.entries(plan.byStatus).map(([status, count]) => `${count} ${status}`);
  return lines([
    `Plan of ${plan.scope}: ${plan.ports} port(s)${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`,
    `  ${plan.additions} addition(s), ${plan.removals} removal(s); about ${plan.expectedSeconds} s of commits`,
    ...plan.notes.map((note) => `  note: ${note}`),
    ...(plan.hash === undefined ? [] : [`  hash ${plan.hash}`]),
  ]);
}

/** A port of a plan, and what became of it. */
export function portText(port: PlanPortAnswer): string {
  const some = (sign: string, texts: readonly string[], count: number): string[] => [
    ...texts.slice(0, SHOWN_STATEMENTS).map((text) => `    ${sign} ${text}`),
    ...(count > Math.min(texts.length, SHOWN_STATEMENTS)
      ? [`    ${sign} and ${count - Math.min(texts.length, SHOWN_STATEMENTS)} more`]
      : []),
  ];
  return lines([
    `  ${port.device} ${port.port}: ${port.status}: ${port.summary}`,
    ...some('+', port.added, port.additions),
    ...some('-', port.removed, port.removals),
    ...(port.outcome === undefined ? [] : [`    came to ${port.outcome}: ${port.said ?? ''}`]),
  ]);
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
