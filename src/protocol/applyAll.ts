import type { PlanState, RunStatus, SettledPort } from '../domain/applyAll/plan';
import { NOTHING_DONE, type RunCounts } from '../domain/applyAll/progress';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parsePortName, type PortName, type PortRef } from '../domain/values/port';
import { parseScopeText, type Scope } from '../domain/values/scope';
import { fieldsOf, readDecision, readField, textOf } from './inputFields';

/** How many devices are looked at, or have ports asked for, at a time; those that wait for something else do not count. */
export const DEVICES_AT_ONCE = 8;

/** Input of `planApplyAll`. What it has done so far is carried by continue-as-new. */
export interface PlanApplyAllInput {
  readonly plan: string;
  /** In words, as `scopeText` writes them. */
  readonly scope: string;
  readonly author: string;
  readonly after?: DeviceId;
  readonly notes?: readonly string[];
}

/** A page of one device's ports that was looked at. */
export interface PlannedPage {
  readonly ports: number;
  readonly notes: readonly string[];
  /** The first port of the next page. Absent: there is none. */
  readonly next?: PortName;
}

/** Result of `planApplyAll`, readable in the UI. The plan itself is in the store. */
export interface PlanApplyAllResult {
  readonly plan: string;
  readonly hash: string;
  readonly ports: number;
  readonly summary: string;
}

/** Input of `applyAll`. What the run has done so far is carried by continue-as-new. */
export interface ApplyAllInput {
  readonly plan: string;
  readonly author: string;
  readonly reason: string;
  readonly carried?: CarriedRun;
}

/** What a run hands on to its next part: the ports that it has still to come to are in the store. */
export interface CarriedRun {
  readonly counts: RunCounts;
  /** Ports that are done, which the store does not know yet. */
  readonly settled: readonly SettledPort[];
  readonly isPaused: boolean;
  readonly begun: RunBeginning;
}

/** What a run knows of its plan. */
export interface RunBeginning {
  readonly scope: string;
  readonly total: number;
  /** What the plan settled already: ports without an automated server, or that could not be looked at. */
  readonly counts: RunCounts;
  readonly expectedSeconds: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** Result of `askPorts`. */
export interface AskedPorts {
  readonly state: PlanState;
  readonly ports: readonly PortName[];
  /** How long an outcome is waited for before it is asked again. */
  readonly waitForOutcomeMs: number;
  /** Events of history after which the run continues as new. */
  readonly historyLimit: number;
}

/** What a run is told of its ports: what became of them, or why they wait. */
export interface RunNews {
  readonly outcomes: readonly SettledPort[];
  readonly waiting: readonly (PortRef & { readonly message: string })[];
}

/** Answer of the query `progress` of a run. */
export interface RunProgress {
  readonly plan: string;
  readonly scope: string;
  readonly state: 'running' | 'paused' | 'cancelling' | 'done' | 'cancelled';
  readonly total: number;
  readonly done: number;
  readonly counts: RunCounts;
  /** Ports that coordinators were asked for and that have no outcome yet. */
  readonly inFlight: number;
  /** Of these, those that wait: paused, outside of their window, or because something cannot be reached. */
  readonly waiting: number;
  /** Why, of the first of these. */
  readonly reasons: readonly string[];
  /** Devices that are worked on now. */
  readonly devices: readonly DeviceId[];
  readonly author: string;
  readonly reason: string;
  readonly startedAt: string;
  /** When it may end at this pace; absent while it is paused, waits, or is done. */
  readonly expectedEnd?: string;
}

/** Result of `applyAll`, readable in the UI. */
export interface ApplyAllResult {
  readonly summary: string;
  readonly plan: string;
  readonly state: 'done' | 'cancelled';
  readonly total: number;
  readonly counts: RunCounts;
}

/** The activities of Apply All. */
export interface ApplyAllActivities {
  /** Begins the row of a plan, and the devices of its scope from one on. */
  planDevices(input: {
    readonly plan: string;
    readonly scope: string;
    readonly author: string;
    readonly after?: DeviceId;
  }): Promise<{ readonly devices: readonly DeviceId[]; readonly next?: DeviceId }>;
  /** Looks at a page of a device's ports as a preview does, and puts what was seen into the plan. Nothing is changed. */
  planPorts(input: {
    readonly plan: string;
    readonly device: DeviceId;
    readonly from?: PortName;
  }): Promise<PlannedPage>;
  /** Gives the plan its hash. */
  finishPlan(input: { readonly plan: string; readonly notes: readonly string[] }): Promise<PlanApplyAllResult>;
  /** Notes that no plan came about. */
  failPlan(input: { readonly plan: string; readonly notes: readonly string[] }): Promise<void>;
  /** Begins the run of a plan. @throws `plan-unknown`. */
  beginRun(input: {
    readonly plan: string;
    readonly workflowId: string;
    readonly author: string;
    readonly reason: string;
  }): Promise<RunBeginning>;
  /** Devices with ports that the run has still to come to. */
  runDevices(input: {
    readonly plan: string;
    readonly after?: DeviceId;
  }): Promise<{ readonly devices: readonly DeviceId[]; readonly next?: DeviceId }>;
  /** Notes what became of ports, and asks the device's coordinator for the next ones, unless the run was stopped. */
  askPorts(input: {
    readonly plan: string;
    readonly device: DeviceId;
    readonly waiter: string;
    readonly settled: readonly SettledPort[];
  }): Promise<AskedPorts>;
  /** Notes the last ports and that the run is over. */
  endRun(input: {
    readonly plan: string;
    readonly settled: readonly SettledPort[];
    readonly state: 'done' | 'cancelled';
  }): Promise<void>;
}

const LONGEST_NAME = 200;
const OUTCOMES: readonly string[] = Object.keys(NOTHING_DONE) satisfies string[];

/** Reads what a planning is started with. @throws PortwardenError `invalid-request`. */
export function readPlanApplyAllInput(input: unknown): PlanApplyAllInput {
  const fields = fieldsOf(input, ['plan', 'scope', 'author', 'after', 'notes'], 'input');
  readApplyScope(textOf(fields['scope'], 'scope', LONGEST_NAME));
  textOf(fields['plan'], 'plan', LONGEST_NAME);
  textOf(fields['author'], 'author', LONGEST_NAME);
  return input as PlanApplyAllInput;
}

/** Reads what a run is started with. @throws PortwardenError `invalid-request`. */
export function readApplyAllInput(input: unknown): ApplyAllInput {
  const fields = fieldsOf(input, ['plan', 'author', 'reason', 'carried'], 'input');
  textOf(fields['plan'], 'plan', LONGEST_NAME);
  readDecision(fields);
  return input as ApplyAllInput;
}

/** Reads the scope of a plan: everything, a site or a device. @throws PortwardenError `invalid-request`. */
export function readApplyScope(text: string): Scope {
  return readField('scope', () => applyScope(parseScopeText(text)));
}

/** A scope that Apply All can have. @throws RangeError naming the rule. */
export function applyScope(scope: Scope): Scope {
  if (scope.kind === 'port')
    throw new RangeError('must be everything, a site or a device; one port is brought up to date by itself');
  return scope;
}

/** Reads a `runNews` signal, which may have been typed by hand. @throws RangeError naming the field. */
export function readRunNews(message: unknown): RunNews {
  const { outcomes, waiting } = (typeof message === 'object' && message !== null ? message : {}) as Partial<
    Record<keyof RunNews, unknown>
  >;
  if (!Array.isArray(outcomes) || !Array.isArray(waiting))
    throw new RangeError('the news of a run must be lists of outcomes and of what waits');
  return {
    outcomes: outcomes.map((one: unknown) => {
      const fields = one as Readonly<Record<string, unknown>>;
      const outcome = textField(fields, 'outcome');
      if (!OUTCOMES.includes(outcome)) throw new RangeError(`outcome must be one of ${OUTCOMES.join(', ')}`);
      return {
        ...refOf(fields),
        outcome: outcome as RunStatus,
        said: textField(fields, 'said'),
        ...(fields['code'] === undefined ? {} : { code: textField(fields, 'code') }),
      };
    }),
    waiting: waiting.map((one: unknown) => {
      const fields = one as Readonly<Record<string, unknown>>;
      return { ...refOf(fields), message: textField(fields, 'message') };
    }),
  };
}

function refOf(fields: Readonly<Record<string, unknown>>): PortRef {
  return { device: parseDeviceId(textField(fields, 'device')), port: parsePortName(textField(fields, 'port')) };
}

function textField(fields: Readonly<Record<string, unknown>> | null, name: string): string {
  const value = fields?.[name];
  if (typeof value !== 'string') throw new RangeError(`${name} must be a text`);
  return value;
}
