import { describeHold, type PortHold } from '../../domain/holds/portHold';
import type { Decision } from '../../domain/change/keep';
import type { HoldEntry } from '../../store/holds';

type NewEntry = ReturnType<HoldEntry>;

/** What the journal says of a hold that a restore made. */
export const setEntry: HoldEntry = (hold) => entryOf(hold, hold, `${hold.port} is ${describeHold(hold)}`);

/** What it says of a hold that another restore of the port took the place of. @param by who restored. */
export function replacedEntry(workflowId: string, by: Decision): HoldEntry {
  return (hold) =>
    entryOf(hold, by, `Hold ${hold.id} of ${hold.port} ended: ${by.author} restored the port anew`, workflowId);
}

/** What it says of a hold that a person released; what becomes of the port is the pass' entry. */
export function releasedEntry(workflowId: string): HoldEntry {
  return (hold) => {
    const { author, reason } = hold.released ?? hold;
    return entryOf(hold, { author, reason }, `${author} released hold ${hold.id} of ${hold.port}`, workflowId);
  };
}

/** What it says of a hold whose time is over. */
export const overEntry: HoldEntry = (hold) =>
  entryOf(
    hold,
    hold,
    `The time of hold ${hold.id} of ${hold.port} was over at ${hold.expiresAt}: what the sources want instead waits for a person`,
    'hold-expiry',
  );

/** What it says of a hold that ended because its port is as the sources want it. */
export function endedEntry(workflowId: string): HoldEntry {
  return (hold) =>
    entryOf(hold, hold.released ?? hold, `Hold ${hold.id} of ${hold.port} ended: the sources rule again`, workflowId);
}

function entryOf(
  { device, port, workflowId: made }: PortHold,
  { author, reason }: Decision,
  summary: string,
  workflowId = made,
): NewEntry {
  const nothing = { added: [], removed: [], commands: [] };
  return { device, port, workflowId, status: 'unchanged', summary, author, reason, ...nothing };
}
