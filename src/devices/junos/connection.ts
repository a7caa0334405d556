import type { ClockReading } from '../../domain/alarms/sourceState';
import { abortReason } from '../abort';
import { JunosOperations } from './junosOperations';
import { redacting } from './redactedSession';
import type { NetconfSession, OpenSession, SessionOptions } from '../../clients/netconf/session';
import type { Operations } from './operations';
import { StandardOperations } from './standardOperations';

/** The way to a switch, and what is told of its clock when that is read. */
export interface SwitchAccess extends SessionOptions {
  readonly onClock?: (clock: ClockReading) => void;
}

/** Gives the way to a switch when it is used; the secrets live no longer than the session. */
export type SessionProvider = (signal: AbortSignal) => Promise<SwitchAccess>;

/** The top-level statements under which anything of portwarden's stands. */
const OWNED_ROOTS = ['vlans', 'ethernet-switching-options', 'interfaces', 'firewall'] as const;

/** Opens a session and speaks Junos's operations on it, or the standard's when the server is no Junos. */
export async function connect(open: OpenSession, session: SessionProvider, signal: AbortSignal): Promise<Operations> {
  if (signal.aborted) throw abortReason(signal);
  const { onClock, ...options } = await session(signal);
  return operationsFor(await redacting(open)({ ...options, signal }), onClock);
}

/**
 * A further session over the connection of this one; undefined when the device gives none. Who commits reads back with
 * it: it is another process of the device, which sees what was committed, not what the first one believes.
 */
export async function connectBeside({ session }: Operations): Promise<Operations | undefined> {
  const another = await session.another();
  return another === undefined ? undefined : operationsFor(another);
}

/** Chooses the operations by the hello. */
function operationsFor(session: NetconfSession, onClock?: SwitchAccess['onClock']): Operations {
  return session.facts.isJunos ? new JunosOperations(session, onClock) : new StandardOperations(session, OWNED_ROOTS);
}
