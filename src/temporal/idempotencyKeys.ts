import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { PortwardenError } from '../domain/errors';
import { describeWorkflow } from './workflowStatus';

const DIGEST = 'eventDigest';

/**
 * The id of a workflow that an Idempotency-Key names. It depends on nothing but the key, so that Temporal itself refuses the
 * second start, however many API processes there are; the key is hashed, since ids have a limited length and are shown everywhere.
 * @param prefix what kind of request it is: the same key may be used for each.
 */
export function keyedWorkflowId(prefix: string, key: string): string {
  return `${prefix}-key-${createHash('sha256').update(key).digest('hex').slice(0, 40)}`;
}

/**
 * Fingerprint of a request: the same one has the same, in whatever order its fields stand. Kept with what the first one came to, it
 * tells a repeated request from a reused key.
 */
export function requestDigest(request: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(request)))
    .digest('hex')
    .slice(0, 32);
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, canonical(field)]));
}

/** How a workflow is started at most once for its id, and remembers for which request. */
export function startedOnce(digest: string) {
  return {
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    memo: { [DIGEST]: digest },
  } as const;
}

/**
 * The same key with another request is the caller's mistake (draft-ietf-httpapi-idempotency-key-header, section 2.7).
 * @param what was asked for, as `event`.
 * @throws PortwardenError `idempotency-key-reused`.
 */
export async function refuseOtherRequest(
  client: Client,
  workflowId: string,
  { digest, what }: { readonly digest: string; readonly what: string },
): Promise<void> {
  const known = (await describeWorkflow(client, workflowId))?.memo?.[DIGEST];
  if (known !== undefined && known !== digest)
    throw new PortwardenError('idempotency-key-reused', `The Idempotency-Key was used before with another ${what}`);
}
