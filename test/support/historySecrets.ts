import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

/** A secret found where it must not be. */
export interface SecretFinding {
  readonly workflowId: string;
  readonly runId: string;
  /** The event's number in the history. */
  readonly eventId: string;
  /** The event's type, such as `EVENT_TYPE_MARKER_RECORDED`. */
  readonly eventType: string;
  /** Where in the event, such as `markerRecordedEventAttributes.details.data.payloads.0.data`. */
  readonly path: string;
  /** Which of the secrets, by its name. */
  readonly secret: string;
}

/** What was searched. A search that looked at nothing proves nothing: check the numbers. */
export interface SecretSearch {
  readonly findings: readonly SecretFinding[];
  readonly runs: number;
  readonly events: number;
  readonly bytes: number;
}

type Found = (path: string, text: string) => void;

/**
 * Reads every history of a namespace, closed and running, and searches each event for the secrets: in all texts, in all
 * payloads (inputs, results, markers of local activities, failures, memos, search attributes) and in their metadata; as
 * they are, as JSON spells them, in base64 at any offset, percent-encoded and as hex.
 * @param secrets by name; findings tell the name and never the secret. Each of at least 6 characters.
 */
export async function searchHistories(
  client: Client,
  secrets: Readonly<Record<string, string>>,
): Promise<SecretSearch> {
  const needles = Object.entries(secrets).flatMap(([name, secret]) => {
    if (secret.length < 6) throw new RangeError(`the secret ${name} is too short to search for`);
    return spellings(secret).map((spelling) => ({ name, spelling }));
  });
  const findings: SecretFinding[] = [];
  let runs = 0;
  let events = 0;
  let bytes = 0;
  for await (const { workflowId, runId, raw } of client.workflow.list()) {
    runs += 1;
    const search =
      (event: { eventId: string; eventType: string }): Found =>
      (path, text) => {
        bytes += text.length;
        for (const secret of new Set(
          needles.filter(({ spelling }) => text.includes(spelling)).map(({ name }) => name),
        )) {
          findings.push({ workflowId, runId, ...event, path, secret });
        }
      };
    walk(raw, 'listed', search({ eventId: '0', eventType: 'LISTED' }));
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of history.events ?? []) {
      events += 1;
      const eventType = temporal.api.enums.v1.EventType[event.eventType ?? 0] ?? 'unknown';
      walk(event, '', search({ eventId: String(event.eventId), eventType }));
    }
  }
  return { findings, runs, events, bytes };
}

/** Visits every text and every byte string (as text) inside a value. */
function walk(value: unknown, path: string, found: Found): void {
  if (typeof value === 'string') found(path, value);
  else if (value instanceof Uint8Array || Buffer.isBuffer(value)) found(path, Buffer.from(value).toString('utf8'));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      found(`${path}(key)`, key);
      walk(inner, path === '' ? key : `${path}.${key}`, found);
    }
  }
}

/** How a secret may be spelt inside other texts. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const inner = padded.slice(offset === 0 ? 0 : offset + 1, -1);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [
    ...new Set([
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      bytes.toString('hex'),
      ...base64,
    ]),
  ].filter((spelling) => spelling.length >= 6);
}
