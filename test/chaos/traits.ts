import type { JunosSwitchOptions } from '../../lab/junos';
import type { Random } from './random';
import { SWITCHES } from './scenario';

/** What is so for a whole run. */
export interface Traits {
  readonly confirmedCommit: 'never' | 'first-change-and-large' | 'always';
  /** Whether the panel may answer that all servers have no addresses (ports may be parked then). */
  readonly emptyAnswers: boolean;
  /** The guards that sites start with, or none that matter. */
  readonly guards: 'usual' | 'wide';
  /** Whether a person approves in the end what is parked. */
  readonly approves: boolean;
  /** The switches on which further addresses get virtual MACs from the start. */
  readonly virtualMacs: readonly number[];
  /** Whether the cluster is watched: migrations are seen while they go on, and old uplinks kept for a grace time. */
  readonly watches: boolean;
}

/** Draws what is so for a whole run. */
export function drawTraits(random: Random): Traits {
  return {
    confirmedCommit: random.weighted([
      [4, 'never'],
      [3, 'first-change-and-large'],
      [3, 'always'],
    ]),
    emptyAnswers: random.chance(0.25),
    guards: random.chance(0.5) ? 'usual' : 'wide',
    approves: random.chance(0.5),
    watches: random.chance(0.6),
    virtualMacs: random.weighted<readonly number[]>([
      [6, []],
      [2, [SWITCHES.access]],
      [2, [SWITCHES.els]],
    ]),
  };
}

/** How a switch tells the time, and what its commit log shows, for a whole run. */
export function drawSwitch(random: Random): Pick<JunosSwitchOptions, 'clockSkewMs' | 'commitLog'> {
  const minutes = random.weighted([
    [4, 0],
    [2, 15],
    [2, -15],
    [1, 525_600],
    [1, -525_600],
  ]);
  const commitLog = random.weighted([
    [3, {}],
    [2, { comments: false }],
    [2, { pendingMark: false }],
    [3, { comments: false, pendingMark: false }],
  ]);
  return { clockSkewMs: minutes * 60_000, commitLog };
}

/** What a site's configuration says beside its settings. */
export function siteOverrides({ confirmedCommit, guards, watches }: Traits): Record<string, Record<string, unknown>> {
  return {
    panel: { timeoutSeconds: 2 },
    ...(watches ? { proxmox: { watch: { intervalSeconds: 1, configurations: 5, graceSeconds: 1 } } } : {}),
    vlans: { nameTemplate: 'VLAN.{id}' },
    // The brake of the site would hold replacements too, until a person releases it: nobody does here.
    guards: {
      brake: { ports: 100_000, bindings: 100_000 },
      ...(guards === 'wide' ? { maxRemovedBindings: 1000, maxRemovedShare: 1 } : {}),
    },
    retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 4, giveUpAfterHours: 1 }, waitForOutcomeMinutes: 1 },
    switches: {
      defaults: { confirmedCommit, timeouts: { connectSeconds: 4, rpcSeconds: 4, loadSeconds: 4, commitSeconds: 5 } },
    },
    logging: { level: 'debug' },
  };
}
