import type { Client } from '@temporalio/client';
import type { JunosSwitch } from '../../lab/junos';
import { fleetScenario, fleetServerId } from '../../lab/scenarios/fleet';
import { ALARM_IDS, type AlarmId } from '../../src/domain/alarms/registry';
import { coordinatorWorkflowId } from '../../src/protocol/names';
import { deviceId } from '../../src/domain/values/device';
import type { SystemUnderTest } from './site';

/** What a case does its fault with. Each case has a switch, with three servers, that no other one touches. */
export interface AlarmStage {
  readonly system: SystemUnderTest;
  readonly temporal: Client;
  /** `portwarden …`, as an operator does it. */
  readonly cli: (...args: readonly string[]) => Promise<string>;
  /** A statement for the database itself. */
  readonly sql: (statement: string) => Promise<unknown>;
  /** The schedule's next run, now. */
  readonly backUp: () => Promise<void>;
  readonly device: string;
  readonly theSwitch: JunosSwitch;
  /** Its servers. */
  readonly servers: readonly [number, number, number];
  /** An address that no server has. */
  readonly ip: (last: number) => string;
  /** An event that changes nothing, to its end. */
  readonly look: (server: number) => Promise<unknown>;
}

/** A fault that raises an alarm, and what mends it. */
export interface AlarmCase {
  readonly raise: (stage: AlarmStage) => unknown;
  readonly mend: (stage: AlarmStage) => unknown;
  /** Alarms that have no device have a name, or none. */
  readonly isOfDevice?: false;
  /** Where other cases' faults raise the same alarm of another name. */
  readonly named?: string;
  /** It holds up what others do, so it is played when they are done. */
  readonly isLast?: true;
}

/** Tells the panel without waiting for what comes of it. */
const assign = ({ system, ip }: AlarmStage, serverId: number, ...last: readonly number[]): Promise<unknown> =>
  system.world.panel.assign({ serverId, ips: last.map(ip) });
const changeUntold = ({ system, ip }: AlarmStage, serverId: number, ...last: readonly number[]): void => {
  system.world.panel.updateServer(serverId, { ips: last.map(ip) });
};

/** Three of four bindings of a server go without an event: a guard holds them. */
const SHRINK: AlarmCase = {
  raise: async (stage) => {
    const [server] = stage.servers;
    changeUntold(stage, server, 11, 12, 13, 14);
    await stage.look(server);
    changeUntold(stage, server, 11);
    await stage.look(server);
  },
  mend: async (stage) => {
    changeUntold(stage, stage.servers[0], 11, 12, 13, 14);
    await stage.look(stage.servers[0]);
  },
};
const AWAY: AlarmCase = {
  raise: async (stage) => {
    stage.theSwitch.faults.refuseConnections = true;
    await assign(stage, stage.servers[0], 20);
  },
  mend: ({ theSwitch }) => {
    theSwitch.faults.reset();
  },
};
/** Faults of the panel are taken back together: each concerns one case alone. */
const mends: (() => void)[] = [];
const mendPanel = (): void => {
  for (const mend of mends) mend();
};
let edits: ReturnType<JunosSwitch['editAsOperator']> | undefined;

/** Alarms whose fault and repair through a product of its own are in a file of this folder. */
export const ELSEWHERE = {
  'notification-failing': 'notifications.test.ts',
} as const satisfies Partial<Record<AlarmId, string>>;

/** An alarm that has its case here. */
export type CaseId = Exclude<AlarmId, keyof typeof ELSEWHERE>;

/** Every other alarm of the registry with its fault and its repair, through one running product. */
export const CASES: Readonly<Record<CaseId, AlarmCase>> = {
  'device-unreachable': AWAY,
  // A device that is away waits as one; what is tried port by port is what the panel does not tell of a port.
  'many-retries': {
    raise: async (stage) => {
      await stage.look(stage.servers[0]);
      const switchId = stage.device.slice('junos:'.length);
      mends.push(
        stage.system.world.panel.fault({ kind: 'status', status: 500, path: `^/networkDevices/${switchId}(/|$)` }),
      );
      await assign(stage, stage.servers[0], 20);
    },
    mend: mendPanel,
  },
  'lock-held': {
    raise: async (stage) => {
      edits = stage.theSwitch.editAsOperator(['set system host-name renamed'], { user: 'bob', lock: true });
      await assign(stage, stage.servers[0], 20);
    },
    mend: () => edits?.release(),
  },
  'commit-unknown': {
    raise: async (stage) => {
      stage.theSwitch.faults.triggers.push({ on: 'after-commit-before-reply', do: 'drop' });
      stage.theSwitch.events.on('commit', () => {
        stage.theSwitch.faults.refuseConnections = true;
      });
      await assign(stage, stage.servers[0], 20);
    },
    mend: ({ theSwitch }) => {
      theSwitch.events.removeAllListeners('commit');
      theSwitch.faults.reset();
    },
  },
  // Its coordinator was begun by a version that this one cannot continue, before the product ran.
  'coordinator-stuck': {
    raise: (stage) => assign(stage, stage.servers[0], 20),
    mend: ({ temporal, device }) =>
      temporal.workflow
        .getHandle(coordinatorWorkflowId(deviceId('junos', device.slice('junos:'.length))))
        .terminate('by hand'),
  },
  'out-of-sync': {
    raise: async (stage) => {
      stage.theSwitch.faults.checkOut = { ...stage.theSwitch.faults.checkOut, rejectIps: [stage.ip(20)] };
      await assign(stage, stage.servers[0], 20);
    },
    mend: async (stage) => {
      stage.theSwitch.faults.reset();
      await stage.look(stage.servers[0]);
    },
  },
  parked: SHRINK,
  'guard-tripped': SHRINK,
  'site-brake': {
    isOfDevice: false,
    isLast: true,
    raise: async (stage) => {
      for (const [index, server] of stage.servers.entries()) {
        const all = Array.from({ length: 10 }, (_, last) => 30 + 20 * index + last);
        changeUntold(stage, server, ...all);
        await stage.look(server);
        changeUntold(stage, server, ...all.slice(4));
        await stage.look(server);
      }
    },
    mend: ({ cli }) => cli('brake', 'release', '--reason', 'moved', '--by', 'ada', '--approve'),
  },
  'stale-source': {
    isOfDevice: false,
    named: 'events',
    raise: async (stage) => {
      const [server] = stage.servers;
      mends.push(stage.system.world.panel.fault({ kind: 'status', status: 500, path: `^/servers/${server}$` }));
      await assign(stage, server, 20);
    },
    mend: mendPanel,
  },
  'source-contradiction': {
    raise: async (stage) => {
      const [first, second] = stage.servers;
      changeUntold(stage, first, 11, 12);
      await stage.look(first);
      changeUntold(stage, second, 12, 13);
      await stage.look(second);
    },
    mend: async (stage) => {
      changeUntold(stage, stage.servers[1], 13);
      await stage.look(stage.servers[1]);
      await stage.look(stage.servers[0]);
    },
  },
  'token-rejected': {
    raise: async (stage) => {
      stage.theSwitch.faults.refuseAuthentication = true;
      await assign(stage, stage.servers[0], 20);
    },
    mend: async (stage) => {
      stage.theSwitch.faults.reset();
      await stage.look(stage.servers[0]);
    },
  },
  'policy-expiring': {
    isOfDevice: false,
    raise: ({ cli, device }) =>
      cli(
        ...['policy', 'set', '--device', device, '--port', 'ge-0/0/0.0', '--port-security', 'off', '--expires', '30m'],
        ...['--reason', 'test', '--author', 'ada'],
      ),
    mend: ({ cli, device }) =>
      cli(...['policy', 'unset', '--device', device, '--port', 'ge-0/0/0.0', '--reason', 'done', '--author', 'ada']),
  },
  'unbound-old': {
    raise: async (stage) => {
      const [server] = stage.servers;
      stage.system.world.panel.updateServer(server, { ips: [stage.ip(11), '172.16.0.9'] });
      await stage.look(server);
      await stage.sql(
        `UPDATE standing SET since = since - interval '2 days' WHERE list = 'unbound' AND device = '${stage.device}'`,
      );
    },
    mend: async (stage) => {
      changeUntold(stage, stage.servers[0], 11);
      await stage.look(stage.servers[0]);
    },
  },
  'clock-skew': {
    isOfDevice: false,
    named: 'the database',
    isLast: true,
    raise: ({ sql }) => sql(`UPDATE skew.ahead SET by = interval '1 hour'`),
    mend: ({ sql }) => sql(`UPDATE skew.ahead SET by = interval '0'`),
  },
  'backup-failing': {
    raise: async (stage) => {
      await stage.look(stage.servers[0]);
      // It was backed up before that change, and would be due tomorrow.
      await stage.sql(
        `UPDATE backup_runs SET succeeded_at = succeeded_at - interval '2 days' WHERE device = '${stage.device}'`,
      );
      stage.theSwitch.faults.refuseConnections = true;
      stage.theSwitch.faults.triggers.push({ on: 'rpc:*', do: 'drop', times: 100 });
      await stage.backUp();
    },
    mend: async (stage) => {
      stage.theSwitch.faults.reset();
      await stage.backUp();
    },
  },
};

let mendToken: (() => void) | undefined;
let mendClock: (() => void) | undefined;

/** What goes wrong with the panel itself, without a port that waits: the same alarms by what its answers say. They come last, everybody asks it. */
export const PANEL_CASES: Readonly<Partial<Record<CaseId, AlarmCase>>> = {
  'token-rejected': {
    isOfDevice: false,
    named: 'panel',
    raise: (stage) => {
      mendToken = stage.system.world.panel.fault({ kind: 'refuse-auth' });
      return stage.look(stage.servers[0]);
    },
    mend: (stage) => {
      mendToken?.();
      return stage.look(stage.servers[0]);
    },
  },
  'clock-skew': {
    isOfDevice: false,
    named: 'panel',
    raise: (stage) => {
      mendClock = stage.system.world.panel.fault({ kind: 'clock', aheadMs: -600_000 });
      return stage.look(stage.servers[0]);
    },
    mend: (stage) => {
      mendClock?.();
      return stage.look(stage.servers[0]);
    },
  },
};

/** The alarms of the cases. */
export const CASE_IDS = ALARM_IDS.filter((id): id is CaseId => !Object.hasOwn(ELSEWHERE, id));

/** The place of an alarm's switch: as many switches as there are cases. */
export const placeOf = (id: CaseId): number => CASE_IDS.indexOf(id);

const size = { switches: CASE_IDS.length, serversPerSwitch: 3 };

/** One switch for each alarm. */
export const scenario = fleetScenario(size);

/** The three servers at an alarm's switch. */
export function serversOf(id: CaseId): readonly [number, number, number] {
  const server = (index: number): number => fleetServerId(size, placeOf(id), index);
  return [server(0), server(1), server(2)];
}
