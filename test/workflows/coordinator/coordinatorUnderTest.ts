import type {
  PassInput,
  DesiredPortBindings,
  FetchServerIpsInput,
  FilterByVlanInput,
  NotifyInput,
  ObservedSettings,
  PortServers,
} from '../../../src/protocol/activities';
import {
  errorReport,
  PortwardenError,
  reportError,
  type ErrorCode,
  type ErrorReport,
} from '../../../src/domain/errors';
import type { Deferral } from '../../../src/domain/change/deferral';
import { plainOutcome, type PortOutcome } from '../../../src/domain/change/outcome';
import type { PortName } from '../../../src/domain/values/port';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { CoordinatorInput, CoordinatorSettings } from '../../../src/protocol/coordinator';
import type { EnlistRequest } from '../../../src/protocol/requests';
import { portRequest } from '../../../src/domain/servers/portRequest';
import { Coordinator, type Said } from '../../../src/workflows/coordinator/coordinator';
import { Inbox } from '../../../src/workflows/coordinator/inbox';
import type { CoordinatorHost, CoordinatorSteps } from '../../../src/workflows/coordinator/host';
import { guest, ip, junos, mac, nic, port, vlan } from '../../activities/fakes/values';
import { settingsWith } from './settings';

export const DEVICE = junos(1);
export const P = (n: number): PortName => port(`ge-0/0/${n}.0`);

/** Steps whose settings are the worker's, without what a workflow observes. */
export type StepsInMemory = Omit<CoordinatorSteps, 'coordinatorSettings'> & {
  coordinatorSettings(): Promise<CoordinatorSettings & Pick<ObservedSettings, 'deferrals'>>;
};

/** Steps in memory, each of which a test can replace; everything they were asked is kept. */
export class Steps implements StepsInMemory {
  readonly asked: string[] = [];
  readonly told: NotifyInput[] = [];
  readonly commits: PassInput[] = [];
  bindings = 1;
  /** What the worker's configuration says now. */
  settings = settingsWith({ batchPorts: 5, batchBindings: 10 });

  gatherVmMacs: CoordinatorSteps['gatherVmMacs'] = async ({ cluster, node }) => {
    this.asked.push(`gather ${node}`);
    const guests = [guest(1, [nic(0, 'bc:24:11:00:00:01')]), guest(2, [nic(0, 'bc:24:11:00:00:02')])];
    return { cluster, node, guests };
  };

  fetchServerIps = async (input: FetchServerIpsInput) => {
    this.asked.push('fetch');
    if (input.of !== 'batch') throw new Error('asked for an event');
    return { of: 'batch' as const, summary: '', ports: input.ports.map((question) => this.servers(question.port)) };
  };

  filterByVlan = async ({ ports }: FilterByVlanInput) => {
    this.asked.push('filter');
    return {
      summary: '',
      ports: ports.map(({ servers }) => this.desired(servers.port)),
      failed: [] as { port: PortName; error: ErrorReport }[],
    };
  };

  runPass = async (input: PassInput) => {
    this.asked.push(`commit ${input.ports.map(({ port: name }) => name).join(',')}`);
    this.commits.push(input);
    return { summary: '', outcomes: input.ports.map(({ port: name }) => this.outcome(name)), commands: [], notes: [] };
  };

  notifyWaiters = async (input: NotifyInput): Promise<void> => {
    this.told.push(input);
  };
  dropParked = async (): Promise<boolean> => true;
  /** What makes ports wait now. */
  deferrals: readonly Deferral[] = [];
  coordinatorSettings = async (): ReturnType<StepsInMemory['coordinatorSettings']> => ({
    ...this.settings,
    deferrals: this.deferrals,
  });

  servers(name: PortName): PortServers {
    return { port: name, dedicated: [], guests: [], removals: NO_REMOVALS, missingGuests: [] };
  }

  desired(name: PortName): DesiredPortBindings {
    const desired = Array.from({ length: this.bindings }, (_, i) => ({
      ip: ip(`10.0.0.${i + 1}`),
      mac: mac('00:50:56:00:00:01'),
      vlan: vlan(13),
    }));
    return { port: name, desired, excluded: [], retainIps: [], removals: NO_REMOVALS };
  }

  outcome(name: PortName): PortOutcome {
    return plainOutcome(DEVICE, name, 'applied', 'done');
  }

  /** Every outcome that a waiter was told, as `waiter port status`. */
  outcomes(): string[] {
    return this.told.flatMap(({ outcomes }) =>
      outcomes.flatMap(({ outcome, waiters }) =>
        waiters.map((waiter) => `${waiter} ${outcome.port} ${outcome.status}`),
      ),
    );
  }

  progress(): string[] {
    return this.told.flatMap(({ progress }) =>
      progress.flatMap(({ progress: report, waiters }) => waiters.map((waiter) => `${waiter} ${report.message}`)),
    );
  }
}

/** What a pause of the whole device, or of ports, makes of it. @param until Unix milliseconds. */
export const paused = (ports?: readonly PortName[], until?: number): Deferral => ({
  error: errorReport('paused', `alice paused it${until === undefined ? '' : ` until ${until}`}`),
  ...(ports === undefined ? {} : { ports }),
  ...(until === undefined ? {} : { until }),
});

/** What a pass fails with whose worker ended. */
export class CutOff extends PortwardenError {
  constructor() {
    super('device-unknown-outcome', 'the worker stopped answering');
  }
}

/** A step that fails. */
export const fault = (code: ErrorCode) => async (): Promise<never> => {
  throw new PortwardenError(code, `it was ${code}`);
};

/** What a coordinator needs of its workflow, over steps in memory, at a time that the test sets. */
export function hostOver(steps: StepsInMemory, clock: { readonly now: number }): CoordinatorHost {
  const settings: Pick<CoordinatorSteps, 'coordinatorSettings'> = {
    coordinatorSettings: async ({ signals, isTimeOver }) => {
      const observed = { at: clock.now, historyLength: 10, continueAsNewSuggested: false, signals, isTimeOver };
      return { ...(await steps.coordinatorSettings()), observed };
    },
  };
  return {
    // A test replaces steps later, so they are looked up when they are taken.
    steps: Object.assign(Object.create(steps) as StepsInMemory, settings),
    inbox: new Inbox<Said>(async (holds) => {
      if (!holds()) throw new Error('signals that were recorded did not come');
    }),
    startedAt: clock.now,
    shownNow: () => clock.now,
    reportFailure: reportError,
    isCutOff: (error) => error instanceof CutOff,
    nextTask: async () => undefined,
    show: () => undefined,
    log: () => undefined,
  };
}

/** A coordinator over steps in memory, at a time that the test sets. */
export function setUp(input: Partial<CoordinatorInput> = {}) {
  const steps = new Steps();
  const shown: string[] = [];
  const logged: string[] = [];
  const clock = { now: 1_000_000 };
  const host: CoordinatorHost = {
    ...hostOver(steps, clock),
    show: (details) => {
      shown.push(details);
    },
    log: (message) => {
      logged.push(message);
    },
  };
  const coordinator = new Coordinator({ device: DEVICE, ...input }, host);
  const enlist = (n: number, waiter?: string, extra: Partial<EnlistRequest> = {}): void => {
    coordinator.enlist([{ ...portRequest(P(n)), ...(waiter === undefined ? {} : { waiter }), ...extra }]);
  };
  return { steps, shown, logged, clock, coordinator, enlist, inbox: host.inbox };
}
