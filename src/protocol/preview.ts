import type { CoverageEntry } from '../domain/coverage';
import type { Exclusion, PolicyReport, Requirement } from '../domain/change/outcome';
import type { ParkedRemovals } from '../domain/change/removals';
import type { Statement } from '../domain/change/statement';
import type { ErrorReport } from '../domain/errors';
import type { AddressExplanation } from '../domain/explain/explanation';
import type { ExplainSubject, PreviewSubject } from '../domain/explain/subject';
import type { ConfigurationPreviewInput, ConfigurationPreviewResult } from './configurationPreview';
import type { DeviceId } from '../domain/values/device';
import type { IpAddress } from '../domain/values/ip';
import type { PortName, PortRef } from '../domain/values/port';

/** What a pass would do with one port now. */
export interface PreviewedPort {
  readonly port: PortName;
  /** The port that would be changed: differs from `port` when that is a member of an aggregate. */
  readonly effectivePort: PortName;
  /**
   * `parked`: nothing would be done, and a guard holds something back; `held`: nor anything, because a person holds the port; `skipped`: a requirement does not hold;
   * `failed`: a source could not be read, or the device would not take the change as it is configured.
   */
  readonly status: 'change' | 'unchanged' | 'held' | 'parked' | 'skipped' | 'failed';
  /** One readable sentence. */
  readonly summary: string;
  /** What the port shall have, in the device's own statements. */
  readonly desired: readonly Statement[];
  /** What it has. */
  readonly actual: readonly Statement[];
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  readonly excluded: readonly Exclusion[];
  /** Addresses that would get a new virtual MAC, which only a pass makes. Absent: none. */
  readonly newVirtualMacs?: readonly IpAddress[];
  /** Present when policies say anything of the port. */
  readonly policy?: PolicyReport;
  /** What would stay until a person decides, and the guard or the doubt that holds it. */
  readonly parked?: Omit<ParkedRemovals, 'unexplained'>;
  readonly requirement?: Requirement;
  readonly error?: ErrorReport;
}

/** What a pass would do with some ports of one device now. */
export interface PreviewedDevice {
  readonly device: DeviceId;
  readonly ports: readonly PreviewedPort[];
  /** Ports that are left out of the answer because it would become too large. */
  readonly omitted: readonly PortName[];
  /** All changes together in the device's own command form. */
  readonly commands: readonly string[];
  readonly notes: readonly string[];
  /** How long committing them may take; 0 when nothing would be committed. */
  readonly expectedSeconds: number;
  /** How many of the device's commits that is derived from; 0: none was measured yet, and it is what is assumed of such devices. */
  readonly measuredCommits: number;
  /** Why the device could not be asked at all. */
  readonly error?: ErrorReport;
}

/** `difference`: the fewest commands. `replace`: everything deleted and set anew, as operators of the old system know it. */
export type CommandForm = 'difference' | 'replace';

/** The forms that exist. */
export const COMMAND_FORMS: readonly CommandForm[] = ['difference', 'replace'];

/** Input of the activity `previewChanges`. */
export interface PreviewInput {
  readonly subject: PreviewSubject;
  readonly form: CommandForm;
}

/** Result of `preview`, readable in the UI. */
export interface PreviewResult {
  readonly summary: string;
  readonly devices: readonly PreviewedDevice[];
  /** What is to be said besides: a server that the panel does not have, a requirement that does not hold. */
  readonly notes: readonly string[];
}

/** Input of the activity `explainBindings`. */
export interface ExplainInput {
  readonly subject: ExplainSubject;
}

/** What a device refused at a port, as it was counted last. */
export interface PortEvidence extends PortRef {
  /** One sentence. */
  readonly says: string;
  /** Frames that were refused, since when (ISO 8601, UTC), and when they were counted. Absent: they are not counted. */
  readonly refused?: number;
  readonly since?: string;
  readonly countedAt?: string;
}

/** Result of `explain`, readable in the UI. */
export interface ExplainResult {
  readonly summary: string;
  readonly addresses: readonly AddressExplanation[];
  /** Of a port that was asked about: what its device enforces there, and what not. Absent: it could not be looked at. */
  readonly coverage?: readonly CoverageEntry[];
  /** What devices refused at the ports of the answer; at most a hundred of them. */
  readonly evidence: readonly PortEvidence[];
  /** What is to be said besides: ports that could not be looked at, servers that nobody has. */
  readonly notes: readonly string[];
}

/** What is asked of `coverage`: one port. */
export type CoverageInput = PortRef;

/** Result of `coverage`, readable in the UI. */
export interface CoverageResult extends PortRef {
  readonly summary: string;
  /** The port whose settings rule: differs from `port` when that is a member of an aggregate. */
  readonly effectivePort: PortName;
  /** Empty: the device has no such port. */
  readonly entries: readonly CoverageEntry[];
}

/** The activities of the short workflows that only look. */
export interface LookActivities {
  /** What a pass would do now: desired, actual, difference, commands, guards. Nothing is touched. */
  previewChanges(input: PreviewInput): Promise<PreviewResult>;
  /** Why addresses are let through or not, from which sources, since when. Nothing is touched. */
  explainBindings(input: ExplainInput): Promise<ExplainResult>;
  /** What a port's device enforces there as it is set now, and what not. Nothing is touched. */
  portCoverage(input: CoverageInput): Promise<CoverageResult>;
  /** What another configuration would do to the fleet, page by page. Nothing is touched. */
  previewConfiguration(input: ConfigurationPreviewInput): Promise<ConfigurationPreviewResult>;
}

/** How long a look may take, in seconds; then the question ends unanswered. */
export const LOOK_SECONDS = 120;
