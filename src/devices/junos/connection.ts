import { abortReason } from '../abort';
import { JunosOperations } from './junosOperations';
import { redacting } from './redactedSession';
import type { NetconfSession, OpenSession, SessionOptions } from '../../clients/netconf/session';
import type { Operations } from './operations';
import { StandardOperations } from './standardOperations';

/** Gives the way to a switch when it is used; the secrets live no longer than the session. */
export type SessionProvider = (signal: AbortSignal) => Promise<SessionOptions>;

/** The top-level statements under which anything of portwarden's stands. */
const OWNED_ROOTS = ['vlans', 'ethernet-switching-options', 'interfaces', 'firewall'] as const;

/** Opens a session and speaks Junos's operations on it, or the standard's when the server is no Junos. */
export async function connect(open: OpenSession, session: SessionProvider, signal: AbortSignal): Promise<Operations> {
  if (signal.aborted) throw abortReason(signal);
  const options = await session(signal);
  return operationsFor(await redacting(open)({ ...options, signal }));
}

/** Chooses the operations by the hello. */
function operationsFor(session: NetconfSession): Operations {
  return session.facts.isJunos ? new JunosOperations(session) : new StandardOperations(session, OWNED_ROOTS);
}
