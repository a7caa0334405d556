import type { Fault, Targets } from './faults';
import type { Random } from './random';
import { OTHER_ALLOWLISTS, OTHER_UPLINKS, type SiteSettings } from './siteSettings';
import { SWITCHES } from './scenario';

/** An operator edits the configuration and starts the product again with it; mostly they take it back after a while. */
export function configurationChange(random: Random, { history, installation, lookAgain }: Targets): Fault {
  const before = history.present;
  const change = random.weighted<Partial<SiteSettings>>([
    [4, { allowlist: random.pick(OTHER_ALLOWLISTS) }],
    [4, { uplinks: random.pick(OTHER_UPLINKS) }],
    [2, { virtualMacs: random.pick([[SWITCHES.access], [SWITCHES.els], [SWITCHES.access, SWITCHES.els]]) }],
  ]);
  const isTakenBack = random.chance(0.7);
  const isSeen = random.chance(0.7);
  const use = (settings: SiteSettings): void => {
    history.configure(settings);
    installation.configure(settings);
    if (isSeen) lookAgain(3);
  };
  return {
    name: `configuration: ${JSON.stringify(change)}`,
    steps: isTakenBack ? random.int(2, 6) : 0,
    begin: () => {
      use({ ...before, ...change });
    },
    end: () => {
      if (isTakenBack) use({ ...history.present, ...restored(before, change) });
    },
  };
}

/** The fields that a change has, as they were. */
function restored(before: SiteSettings, change: Partial<SiteSettings>): Partial<SiteSettings> {
  return {
    ...(change.allowlist === undefined ? {} : { allowlist: before.allowlist }),
    ...(change.uplinks === undefined ? {} : { uplinks: before.uplinks }),
    ...(change.virtualMacs === undefined ? {} : { virtualMacs: before.virtualMacs }),
  };
}
