import type { BrakeAnswer, ParkedChangeAnswer, StandingAnswer, StandingCountsAnswer } from './guardAnswers';

/** Parked changes as an operator reads them. */
export function parkedText(changes: readonly ParkedChangeAnswer[]): string {
  if (changes.length === 0) return 'Nothing waits for a person\n';
  return lines(
    changes.flatMap(({ device, port, at, guards, reason, added, removed }) => [
      `${device} ${port}  since ${at}  ${guards.length === 0 ? 'unexplained' : guards.join(', ')}`,
      `  ${reason}`,
      ...removed.map(({ text }) => `    - ${text}`),
      ...added.map(({ text }) => `    + ${text}`),
    ]),
  );
}

/** The brake as an operator reads it. */
export function brakeText({ on, brakes }: BrakeAnswer): string {
  const earlier = brakes.filter(({ released }) => released !== undefined);
  return lines([
    on === null
      ? 'The site does not brake'
      : `The site brakes since ${on.since}: ${on.reason}. Whatever nobody named is parked; \`portwarden brake release --reason …\` ends it`,
    ...earlier.map(
      ({ since, reason, released }) =>
        `  ${since}: ${reason}; released ${released?.at ?? ''} by ${released?.by ?? ''}: ${released?.reason ?? ''}`,
    ),
  ]);
}

/** The standing lists with their lengths. */
export function countsText({ lists }: StandingCountsAnswer): string {
  return lines(
    lists.map(
      ({ list, count, oldest }) =>
        `${list.padEnd(12)} ${count}${oldest === undefined ? '' : `, the oldest since ${oldest}`}`,
    ),
  );
}

/** The entries of a standing list. */
export function standingText(entries: StandingAnswer['entries']): string {
  if (entries.length === 0) return 'Nothing is on this list\n';
  return lines(
    entries.map(({ device, port, subject, serverId, rule, message, since }) => {
      const where = device === undefined ? '(no port)' : `${device} ${port ?? ''}`;
      const whose = serverId === undefined || subject === `server ${serverId}` ? '' : `server ${serverId}  `;
      return `${since}  ${where}  ${subject}  ${whose}${rule}: ${message}`;
    }),
  );
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
