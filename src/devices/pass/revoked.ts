import { describeKeep } from '../../domain/change/keep';
import type { PortPlan } from '../../domain/change/plan';
import type { SettledKeep } from '../../domain/change/settleKeeps';
import { sameStatement, type Statement } from '../../domain/change/statement';
import type { RevokedMac } from '../../domain/desired/virtualMac';

/** The statements that bind an address to a virtual MAC which a person took from it: exactly that pair, and no other of the address. */
export function boundToRevoked(present: readonly Statement[], revoked: readonly RevokedMac[]): readonly Statement[] {
  return present.filter(({ ip, mac }) => revoked.some((gone) => gone.ip === ip && gone.mac === mac));
}

/** What a plan takes because of that. */
export function revokedIn({ remove, because }: PortPlan): readonly Statement[] {
  return remove.filter(({ key }) => because.get(key) === 'revoked');
}

/** What is to be said of what goes because of that. */
export function sayRevoked(plan: PortPlan): readonly string[] {
  return revokedIn(plan).map(({ text }) => `${text} goes: its virtual MAC was revoked`);
}

/** What is to be said of what stays although its virtual MAC was revoked, because a person keeps exactly that. */
export function keptThough(revoked: readonly Statement[], keeps: readonly SettledKeep[]): readonly string[] {
  return keeps.flatMap(({ keep, statements }) =>
    statements
      .filter((statement) => revoked.some((one) => sameStatement(one, statement)))
      .map(({ text }) => `The virtual MAC of ${text} was revoked, but it stays: it is ${describeKeep(keep)}`),
  );
}
