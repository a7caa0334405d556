import { invalidField } from '../domain/errors';
import type { ErrorReport } from '../domain/errors';
import type { GuestChange } from '../domain/watch/clusterView';

/** Input of `watch`: one look at a cluster. */
export interface WatchInput {
  readonly cluster: string;
}

/** Result of `watch`, readable in the UI. */
export interface WatchResult {
  readonly summary: string;
  readonly cluster: string;
  readonly guests?: number;
  /** The first of the changes; all of them are counted in the summary. */
  readonly changes?: readonly Pick<GuestChange, 'vmid' | 'kind' | 'message'>[];
  /** Ports that were asked to be looked at. */
  readonly asked?: number;
  /** Why nothing could be seen. */
  readonly error?: ErrorReport;
}

/** The one step of `watch`. */
export interface WatchActivities {
  /** Looks at a cluster, asks for the ports of guests that changed, and remembers what it saw. */
  watchCluster(input: WatchInput): Promise<WatchResult>;
}

/**
 * Reads the input of `watch`, which people may start by hand.
 * @throws PortwardenError `invalid-request`.
 */
export function readWatchInput(input: unknown): WatchInput {
  const cluster = typeof input === 'object' && input !== null && 'cluster' in input ? input.cluster : undefined;
  if (typeof cluster === 'string' && cluster !== '') return { cluster };
  throw invalidField('invalid-request', 'cluster', 'must name a configured cluster');
}
