import type { Trigger } from '../../lab/junos';
import type { LabWorld } from '../../lab/world';
import { configurationChange } from './configurationChanges';
import { foreignFault, foreignPromise } from './foreignFaults';
import type { Installation, Member } from './installation';
import { mistypedVlan, oddSubnet, panelFault } from './panelFaults';
import type { PanelRollbacks } from './panelRollback';
import { proxmoxFault, strangeNode } from './proxmoxFaults';
import type { Pauses } from './pauses';
import type { Random } from './random';
import type { SwitchWatch } from './switchWatch';
import type { TruthHistory } from './truth';

/** Something that goes wrong for a while. */
export interface Fault {
  readonly name: string;
  /** For how many further steps; 0 is over at once. */
  readonly steps: number;
  begin(): void | Promise<void>;
  end(): void | Promise<void>;
}

/** What faults act on. */
export interface Targets {
  readonly world: LabWorld;
  readonly installation: Installation;
  readonly watches: readonly SwitchWatch[];
  readonly history: TruthHistory;
  readonly rollbacks: PanelRollbacks;
  readonly pauses: Pauses;
  /** Makes portwarden look at servers, of which nothing changed. */
  readonly lookAgain: (count: number) => void;
  /** Whether the panel may answer that all servers have no addresses (ports may be parked then). */
  readonly emptyAnswers: boolean;
  /** Numbers what other people configure, so that no two statements are the same. */
  nextForeign: number;
}

const nothing = (): void => undefined;

/** Draws a fault. */
export function drawFault(random: Random, targets: Targets): Fault {
  return random.weighted<() => Fault>([
    [5, () => processFault(random, targets.installation)],
    [3, () => killAtDevice(random, targets)],
    [6, () => sessionFault(random, random.pick(targets.watches))],
    [3, () => slowSwitch(random, random.pick(targets.watches))],
    [5, () => foreignFault(random, random.pick(targets.watches), targets.nextForeign++)],
    [2, () => foreignPromise(random, random.pick(targets.watches), targets.nextForeign++)],
    [1, () => crash(random.pick(targets.watches))],
    [5, () => panelFault(random, targets)],
    [3, () => mistypedVlan(random, targets)],
    [1, () => oddSubnet(random, targets)],
    [2, () => strangeNode(random, targets)],
    [4, () => proxmoxFault(random, targets)],
    [2, () => serverFault(random, targets.installation)],
    [4, () => configurationChange(random, targets)],
    [4, () => targets.pauses.draw(random)],
    [4, () => targets.rollbacks.draw(random) ?? mistypedVlan(random, targets)],
  ])();
}

function processFault(random: Random, installation: Installation): Fault {
  const member = random.pick(installation.members);
  const kind = random.weighted<'kill' | 'end' | 'freeze' | 'long-freeze'>([
    [6, 'kill'],
    [2, 'end'],
    [2, 'freeze'],
    [1, 'long-freeze'],
  ]);
  const name = `${kind} ${member.name}`;
  if (kind === 'kill' || kind === 'end') {
    const end =
      kind === 'kill'
        ? (): Promise<boolean> => installation.kill(member)
        : (): Promise<boolean> => installation.end(member);
    return {
      name,
      steps: random.int(0, 3),
      begin: async () => {
        await end();
      },
      end: () => {
        installation.background(installation.up(member));
      },
    };
  }
  // A long freeze outlasts the heartbeat timeout of 30 s: the attempt that thaws is no longer the current one.
  const ms = kind === 'freeze' ? random.int(1_000, 8_000) : random.int(32_000, 38_000);
  return {
    name: `${name} for ${ms} ms`,
    steps: 0,
    begin: () => {
      if (installation.freeze(member)) installation.background(thawLater(installation, member, ms));
    },
    end: nothing,
  };
}

async function thawLater(installation: Installation, member: Member, ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  installation.thaw(member);
}

/** A process is killed at the moment a switch receives a certain operation: before, during and after the commit. */
function killAtDevice(random: Random, { installation, watches }: Targets): Fault {
  const { device, name } = random.pick(watches);
  const operation = random.pick([
    'lock',
    'load-configuration',
    'edit-config',
    'commit-configuration',
    'commit-configuration',
    'unlock',
    'get-configuration',
    'close-session',
  ]);
  const member = random.pick(installation.members.filter(({ role }) => role !== 'api'));
  const delayMs = random.int(0, 400);
  const onRpc = (event: { readonly operation: string }): void => {
    if (event.operation !== operation) return;
    device.events.off('rpc', onRpc);
    setTimeout(() => {
      installation.background(installation.kill(member));
    }, delayMs);
  };
  return {
    name: `kill ${member.name} ${delayMs} ms after ${operation} at ${name}`,
    steps: random.int(2, 5),
    begin: () => {
      device.events.on('rpc', onRpc);
    },
    end: () => {
      device.events.off('rpc', onRpc);
      installation.background(installation.up(member));
    },
  };
}

function sessionFault(random: Random, watch: SwitchWatch): Fault {
  const { faults } = watch.device;
  if (random.chance(0.1)) {
    const bytes = random.int(100, 9_000);
    return {
      name: `${watch.name}: drop after ${bytes} bytes`,
      steps: 2,
      begin: () => {
        faults.dropAfterBytes = bytes;
      },
      end: () => {
        faults.dropAfterBytes = undefined;
      },
    };
  }
  const on = random.pick<Trigger['on']>([
    'hello',
    'before-commit',
    'before-commit',
    'during-commit',
    'during-commit',
    'after-commit-before-reply',
    'after-commit-before-reply',
    'rpc:lock',
    'reply:lock',
    'rpc:load-configuration',
    'reply:load-configuration',
    'rpc:get-configuration',
    'reply:get-configuration',
    'rpc:unlock',
    'rpc:close-session',
    'reply:close-session',
  ]);
  const how = random.weighted<Trigger['do']>([
    [6, 'drop'],
    [3, 'hang'],
    [1, 'crash'],
  ]);
  const trigger: Trigger = {
    on,
    do: how,
    times: random.int(1, 2),
    ...(on === 'during-commit' ? { commits: random.chance(0.5) } : {}),
  };
  const commits = trigger.commits === undefined ? '' : trigger.commits ? ', commits nevertheless' : ', does not commit';
  return {
    name: `${watch.name}: ${trigger.do} at ${on} (${trigger.times ?? 1}×${commits})`,
    steps: random.int(2, 4),
    begin: () => {
      if (how === 'crash' && !watch.expectCrash()) return;
      faults.triggers.push(trigger);
    },
    end: () => {
      faults.triggers = faults.triggers.filter((other) => other !== trigger);
      if (how === 'crash') watch.expectNoCrash();
    },
  };
}

function slowSwitch(random: Random, watch: SwitchWatch): Fault {
  const { faults } = watch.device;
  const kind = random.pick(['commit', 'commit', 'everything', 'refuse'] as const);
  const [commitMs, latencyMs] = [random.int(3_500, 9_000), random.int(200, 1_500)];
  const before = faults.commitMs;
  const begin = {
    commit: () => {
      faults.commitMs = commitMs;
    },
    everything: () => {
      faults.latencyMs = { '*': latencyMs };
    },
    refuse: () => {
      faults.refuseConnections = true;
    },
  }[kind];
  const end = {
    commit: () => {
      faults.commitMs = before;
    },
    everything: () => {
      faults.latencyMs = {};
    },
    refuse: () => {
      faults.refuseConnections = false;
    },
  }[kind];
  const name = {
    commit: `commits take ${commitMs} ms`,
    everything: `everything takes ${latencyMs} ms`,
    refuse: 'refuses connections',
  }[kind];
  return { name: `${watch.name}: ${name}`, steps: random.int(1, 4), begin, end };
}

function crash(watch: SwitchWatch): Fault {
  return {
    name: `${watch.name}: power failure`,
    steps: 0,
    begin: () => {
      watch.crash();
    },
    end: nothing,
  };
}

function serverFault(random: Random, installation: Installation): Fault {
  const store = installation.layout === 'split' && random.chance(0.4);
  const steps = random.int(0, 2);
  if (store)
    return {
      name: 'PostgreSQL stops',
      steps,
      begin: async () => {
        await installation.pauseStore();
      },
      end: () => installation.resumeStore(),
    };
  return {
    name: 'kill the Temporal server',
    steps,
    begin: async () => {
      await installation.killTemporal();
    },
    end: () => installation.restoreTemporal(),
  };
}
