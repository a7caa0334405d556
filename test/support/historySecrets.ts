import { defaultPayloadConverter, type Client } from '@temporalio/client';

/** A secret found in a history. The secret itself is not repeated. */
export interface SecretFound {
  readonly workflowId: string;
  readonly eventId: string;
  /** Which of the searched secrets, counted from 0. */
  readonly secret: number;
}

/** Dumps every history of the client's namespace, payloads decoded, and searches for secrets in clear or in base64. */
export async function findSecretsInHistories(client: Client, secrets: readonly string[]): Promise<{ histories: number; found: SecretFound[] }> {
  const found: SecretFound[] = [];
  let histories = 0;
  for await (const { workflowId, runId } of client.workflow.list()) {
    histories += 1;
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      const text = textsOf(event).join('\n');
      secrets.forEach((secret, index) => {
        const spellings = [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), JSON.stringify(secret).slice(1, -1)];
        if (spellings.some((spelling) => text.includes(spelling))) found.push({ workflowId, eventId: String(event.eventId), secret: index });
      });
    }
  }
  return { histories, found };
}

/** Every text in a protobuf message: strings, keys, and bytes both as text and as the converted payload. */
function textsOf(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null || depth > 40) return [];
  if (isPayload(value)) return [Buffer.from(value.data).toString('utf8'), JSON.stringify(decoded(value))];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner, depth + 1)]);
}

function isPayload(value: object): value is { data: Uint8Array; metadata: Record<string, Uint8Array> } {
  return 'data' in value && value.data instanceof Uint8Array && 'metadata' in value;
}

function decoded(payload: { data: Uint8Array; metadata: Record<string, Uint8Array> }): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}
