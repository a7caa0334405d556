import { z } from 'zod';

const outcome = z.looseObject({ device: z.string(), port: z.string(), status: z.string(), summary: z.string() });
const ref = z.looseObject({ id: z.string(), device: z.string(), port: z.string() });

/** What a restore would do. */
export const restorePlanAnswer = z.looseObject({
  summary: z.string(),
  hash: z.string(),
  ports: z.array(
    z.looseObject({
      port: z.string(),
      status: z.string(),
      bindings: z.number(),
      added: z.array(z.string()),
      removed: z.array(z.string()),
      refusals: z.array(z.string()),
      replaces: z.string().optional(),
    }),
  ),
  notes: z.array(z.string()),
});

/** What became of a restore. */
export const restoredAnswer = z.looseObject({
  summary: z.string(),
  holds: z.array(ref),
  refused: z.array(z.looseObject({ port: z.string(), refusals: z.array(z.string()) })),
  outcomes: z.array(outcome),
});

/** What the release of holds would do. */
export const releasePlanAnswer = z.looseObject({
  summary: z.string(),
  hash: z.string(),
  ports: z.array(
    ref.extend({
      added: z.array(z.string()),
      removed: z.array(z.string()),
      parked: z.string().optional(),
      leftAlone: z.string().optional(),
      trouble: z.string().optional(),
    }),
  ),
});

/** What became of a release. */
export const releasedAnswer = z.looseObject({
  summary: z.string(),
  released: z.array(ref),
  outcomes: z.array(outcome),
});

const statement = z.looseObject({ text: z.string() });

/** One hold. */
export const holdAnswer = ref.extend({
  statements: z.array(statement),
  removes: z.array(statement),
  brought: z.array(statement),
  backup: z.string(),
  backupAt: z.string(),
  author: z.string(),
  reason: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  released: z.looseObject({ author: z.string(), reason: z.string(), at: z.string() }).optional(),
});

/** A page of holds. */
export const holdsAnswer = z.looseObject({ holds: z.array(holdAnswer), next: z.string().optional() });

/** A decision that was taken. */
export const acceptedAnswer = z.looseObject({ workflowId: z.string() });

type Hold = z.infer<typeof holdAnswer>;
type Outcomes = z.infer<typeof releasedAnswer>['outcomes'];

/** A plan of a restore, for people. */
export function restorePlanText({ summary, ports, notes, hash }: z.infer<typeof restorePlanAnswer>): string {
  return lines(
    ports.flatMap(({ port, status, bindings, replaces, added, removed, refusals }) => [
      `${port} ${status}, ${bindings} binding(s)${replaces === undefined ? '' : `, in the place of hold ${replaces}`}`,
      ...added.map((text) => `  + ${text}`),
      ...removed.map((text) => `  - ${text}`),
      ...refusals.map((text) => `  ! ${text}`),
    ]),
    notes,
    [summary, `hash ${hash}`],
  );
}

/** What became of a restore, for people. */
export function restoredText({ summary, holds, refused, outcomes }: z.infer<typeof restoredAnswer>): string {
  return lines(
    outcomes.map(outcomeText),
    refused.flatMap(({ port, refusals }) => refusals.map((why) => `${port} refused: ${why}`)),
    [summary, `hold ${holds.map(({ id }) => id).join(' ')}`],
  );
}

/** A plan of a release, for people. */
export function releasePlanText({ summary, ports, hash }: z.infer<typeof releasePlanAnswer>): string {
  return lines(
    ports.flatMap(({ id, device, port, added, removed, parked, leftAlone, trouble }) => [
      `hold ${id}  ${device} ${port}${added.length + removed.length === 0 && trouble === undefined ? ': nothing would change' : ''}`,
      ...added.map((text) => `  + ${text}`),
      ...removed.map((text) => `  - ${text}`),
      ...(parked === undefined ? [] : [`  waits for a person then: ${parked}`]),
      ...(leftAlone === undefined ? [] : [`  the hold just ends: ${leftAlone}`]),
      ...(trouble === undefined ? [] : [`  ! it cannot be said now: ${trouble}`]),
    ]),
    [summary, `hash ${hash}`],
  );
}

/** What became of a release, for people. */
export function releasedText({ summary, outcomes }: z.infer<typeof releasedAnswer>): string {
  return lines(outcomes.map(outcomeText), [summary]);
}

/** Holds, for people. */
export function holdsText(holds: readonly Hold[]): string {
  return holds.length === 0 ? 'Nothing is held\n' : lines(holds.map(holdText));
}

/** One hold with all that it has, for people. */
export function holdDetails(hold: Hold): string {
  const texts = (sign: string, statements: Hold['statements']): string[] =>
    statements.map(({ text }) => `      ${sign} ${text}`);
  const brought = new Set(hold.brought.map(({ text }) => text));
  return lines(
    [holdText(hold)],
    hold.statements.map(({ text }) => `      ${text}${brought.has(text) ? ' (brought by the restore)' : ''}`),
    texts('-', hold.removes),
  );
}

function holdText({
  id,
  device,
  port,
  author,
  reason,
  createdAt,
  expiresAt,
  backup,
  backupAt,
  released,
}: Hold): string {
  const state =
    released === undefined
      ? Date.parse(expiresAt) > Date.now()
        ? `until ${expiresAt}`
        : `OVER since ${expiresAt}, waits for a person`
      : `released by ${released.author} at ${released.at}: ${released.reason}`;
  return `${id.padStart(4)}  ${device} ${port}  as backup ${backup} of ${backupAt}\n      by ${author} since ${createdAt}, ${state}: ${reason}`;
}

function outcomeText({ device, port, status, summary }: Outcomes[number]): string {
  return `${device} ${port} ${status}: ${summary}`;
}

function lines(...parts: readonly (readonly string[])[]): string {
  return parts
    .flat()
    .map((line) => `${line}\n`)
    .join('');
}
