import type { SwitchCore, LiveSession } from '../core';
import { refused } from '../problems';
import type { XmlElement } from '../xml/parse';

/** What an operation runs with. */
export interface RpcContext {
  readonly core: SwitchCore;
  readonly session: LiveSession;
  /** Fires the faults of a commit point; false when a commit shall not take effect. */
  readonly passCommitPoint: (point: 'before-commit' | 'during-commit' | 'after-commit-before-reply') => boolean;
}

/** Gives the XML inside `<rpc-reply>`. @throws RpcFailure */
export type Operation = (context: RpcContext, element: XmlElement) => string | Promise<string>;

/** The session must not answer: its connection was cut or hangs. */
export class Silenced extends Error {}

/** Recorded: PyEZ get-permission-denied.xml (12.1X46). */
export function mustBeAllowed(context: RpcContext, element: XmlElement): void {
  if (context.session.permissions === 'read-only') throw refused('permission denied', { badElement: element.name });
}
