import type { KnownHold } from './holdBook';
import type { Ledger } from './ledger';
import { portKey } from './model';

/** An entry of `GET /holds`. */
export interface HoldRow {
  readonly id: string;
  readonly device: string;
  readonly port: string;
  readonly statements: readonly { readonly key: string }[];
  readonly removes: readonly { readonly key: string }[];
  readonly brought: readonly { readonly key: string }[];
  readonly workflowId: string;
  readonly reason: string;
  readonly expiresAt: string;
  readonly released?: object;
}

const keysOf = (statements: readonly { readonly key: string }[]): string[] => statements.map(({ key }) => key);

/** A hold as the model knows it. */
export function knownHold({
  id,
  device,
  port,
  statements,
  removes,
  brought,
  expiresAt,
  workflowId,
}: HoldRow): KnownHold {
  return {
    id,
    port: portKey(Number(device.split(':')[1]), port),
    statements: keysOf(statements),
    removes: keysOf(removes),
    brought: keysOf(brought),
    until: Date.parse(expiresAt),
    workflowId,
  };
}

/** Whether it is one of those that people put on ports in this site. */
const isHandMade = (binding: string): boolean => / 00:00:5e:00:01:/.test(binding);

/** What of a change a hold does not allow: it brings back its statements, and what its author saw to go goes. */
export function againstHold(
  { id, port, statements, removes }: KnownHold,
  { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] },
  ledger: Pick<Ledger, 'isAdopted' | 'isByHand'>,
): string[] {
  const isDecided = (binding: string): boolean => isHandMade(binding) && !ledger.isByHand(port, binding);
  return [
    ...added
      .filter((binding) => !statements.includes(binding) && !ledger.isAdopted(port, binding))
      .map((binding) => `added ${binding} to ${port}, which hold ${id} does not have`),
    ...removed
      .filter((binding) => statements.includes(binding) || !(removes.includes(binding) || isDecided(binding)))
      .map((binding) => `removed ${binding} of ${port}, which is held (${id})`),
  ];
}

/**
 * How a port differs from its hold: all that the hold has is there; what is there besides came since, or a person keeps it.
 */
export function notAsHeld(
  { id, port, statements, removes }: KnownHold,
  present: readonly string[],
  ledger: Pick<Ledger, 'isAdopted'>,
): string[] {
  const missing = statements.filter((binding) => !present.includes(binding));
  const besides = present.filter((binding) => !statements.includes(binding) && !ledger.isAdopted(port, binding));
  const stayed = besides.filter((binding) => removes.includes(binding) || !isHandMade(binding));
  return [
    ...(missing.length === 0 ? [] : [`port ${port} is held (${id}) and lacks ${missing.join('; ')}`]),
    ...(stayed.length === 0 ? [] : [`port ${port} is held (${id}) and has besides ${stayed.join('; ')}`]),
  ];
}
