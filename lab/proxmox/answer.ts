import { privilegesOn, type LabToken } from './access';
import type { LabCluster } from './cluster';
import type { LabNode } from './nodes';
import type { BridgesForm } from './localnetwork';

/** What the fake API answers. `data` is present on success; the reason phrase carries the message of an error. */
export interface ApiAnswer {
  readonly status: number;
  readonly reason: string;
  readonly data?: unknown;
  /** Stands beside `data` in the body: the diff of a network configuration that is staged. */
  readonly changes?: string;
  /** Of a 400: what is wrong with which parameter. */
  readonly errors?: Readonly<Record<string, string>>;
}

/** One request as the API sees it after the connection's checks. */
export interface ApiCall {
  readonly cluster: LabCluster;
  /** The node whose API host was contacted. */
  readonly contact: LabNode;
  readonly token: LabToken;
  readonly method: string;
  /** Of a POST or PUT. */
  readonly form: Readonly<Record<string, string>>;
  /** Below /api2/json, decoded segments. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly bridges: BridgesForm;
  /** A single node that never joined a cluster. */
  readonly standalone: boolean;
}

/** A success. */
export const ok = (data: unknown): ApiAnswer => ({ status: 200, reason: 'OK', data });
/** An error, whose message is the reason phrase. */
export const failure = (status: number, reason: string): ApiAnswer => ({ status, reason });
/** The error of a missing privilege. */
export const denied = (path: string, privilege: string): ApiAnswer =>
  failure(403, `Permission check failed (${path}, ${privilege})`);

/** Whether the token of a call holds a privilege on a path. */
export function may(call: ApiCall, path: string, privilege: string): boolean {
  return privilegesOn(call.token, path).has(privilege);
}
