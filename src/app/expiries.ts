import { createEnlist } from '../activities/enlist';
import type { ActivityDependencies } from '../activities/dependencies';
import type { Coordinators } from '../temporal/coordinators';
import type { PolicyService } from '../temporal/policies';
import { HoldExpiry } from './holdExpiry';
import { KeepExpiry } from './keepExpiry';
import { PauseExpiry } from './pausing';
import { PolicyExpiry } from './policyExpiry';

/** What looks after the ends of what people said: keeps, holds, port policies and pauses. @returns what ends each. */
export function startExpiries(
  deps: ActivityDependencies,
  { policies, coordinators }: { readonly policies: PolicyService; readonly coordinators: Coordinators },
): readonly (() => Promise<void>)[] {
  const { store, sites, log } = deps;
  const enlist = createEnlist(deps);
  const started = [
    new KeepExpiry({ store, enlist, log }),
    new HoldExpiry({ store, enlist, log }),
    new PolicyExpiry({ store, service: policies, log }),
    new PauseExpiry({ store, sites, log, coordinators }),
  ];
  return started.map((one) => () => one.stop());
}
