import type { GuestChange } from './clusterView';

/** A change that a look found, and when. */
export interface FoundChange extends Pick<GuestChange, 'vmid' | 'kind' | 'message'> {
  /** ISO 8601. */
  readonly at: string;
}

/** How the watch of one cluster stands. */
export interface WatchState {
  readonly cluster: string;
  /** Of the last look that saw the cluster; ISO 8601. Absent before the first. */
  readonly lookedAt?: string;
  /** Guests that it listed. */
  readonly guests: number;
  /** The guest whose configuration was read last, in turn. */
  readonly readUpTo: number;
  /** The newest changes, newest first. */
  readonly changes: readonly FoundChange[];
  /** Why what the cluster does not list is not believed to be gone. */
  readonly doubt?: string;
  /** Why the last look saw nothing, and since when looks see nothing. */
  readonly error?: { readonly code: string; readonly message: string; readonly since: string };
}
