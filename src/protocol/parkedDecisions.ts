import type { Decision } from '../domain/change/keep';
import type { PortOutcome } from '../domain/change/outcome';
import { invalidField } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parsePortName, type PortName } from '../domain/values/port';
import { fieldsOf, listOf, LONGEST_TEXT, readField, textOf } from './inputFields';

/** What a person says about changes that wait: let them go ahead, or drop them. */
export type ParkedVerdict = 'approve' | 'reject';

/** One port whose parked change is decided about. */
export interface DecidedPort {
  /** As the outcome names it. */
  readonly port: PortName;
  /** Of the change that the person saw, as `GET /api/guards/parked` shows it. Absent: of whatever is parked when this is recorded. */
  readonly fingerprint?: string;
}

/** Input of `decideParked`: a person's decision about parked changes of a device's ports. */
export interface DecideParkedInput extends Pick<Decision, 'author'>, Partial<Pick<Decision, 'reason'>> {
  readonly verdict: ParkedVerdict;
  readonly device: DeviceId;
  readonly ports: readonly DecidedPort[];
  /** What is approved goes though the device's change window is closed. */
  readonly outsideWindow?: true;
}

/** What a coordinator is to drop, and who says so. */
export interface Rejection extends Pick<DecideParkedInput, 'author' | 'reason'> {
  /** Of exactly this change; another one stays. */
  readonly fingerprint: string;
}

/** What was recorded of the decision about one port. */
export interface RecordedParkedDecision {
  readonly port: PortName;
  /** Of the change that the decision is about; absent when it is about none. */
  readonly fingerprint?: string;
  /** Why nothing of it was recorded. */
  readonly refused?: string;
}

/** What became of the decision about one port. */
export interface DecidedPortResult {
  readonly port: PortName;
  /** What the pass over an approved change came to, or that the change was dropped. */
  readonly outcome?: Pick<PortOutcome, 'status' | 'summary'>;
  readonly refused?: string;
}

/** Result of `decideParked`, readable in the UI. */
export interface DecideParkedResult {
  readonly summary: string;
  readonly device: DeviceId;
  readonly ports: readonly DecidedPortResult[];
}

/** The activities of decisions about parked changes. */
export interface ParkedDecisionActivities {
  /** Judges a decision by what is parked now, and writes an approval into the journal. Nothing is changed by it. */
  recordParkedDecision(input: DecideParkedInput): Promise<{ readonly ports: readonly RecordedParkedDecision[] }>;
  /** Lets what is due on approved ports pass the closed change window once. */
  letApprovedPass(input: LetApprovedPassInput): Promise<void>;
}

/** Input of `letApprovedPass`. */
export interface LetApprovedPassInput extends Decision {
  readonly device: DeviceId;
  readonly ports: readonly PortName[];
}

/** So many ports are decided about at once at most: a person has looked at each. */
const MOST_DECIDED_PORTS = 200;
const LONGEST_AUTHOR = 200;
const FINGERPRINT = /^[0-9a-f]{8,64}$/;

/**
 * Reads a decision: `{verdict, device, ports: [{port, fingerprint?}], author, reason?, outsideWindow?}`.
 * @throws PortwardenError `invalid-request`.
 */
export function readDecideParkedInput(input: unknown): DecideParkedInput {
  const fields = fieldsOf(input, ['verdict', 'device', 'ports', 'author', 'reason', 'outsideWindow']);
  const { verdict, device, author, reason, outsideWindow = false } = fields;
  if (verdict !== 'approve' && verdict !== 'reject')
    throw invalidField('invalid-request', 'verdict', 'must be approve or reject');
  if (typeof outsideWindow !== 'boolean' || (outsideWindow && verdict === 'reject'))
    throw invalidField('invalid-request', 'outsideWindow', 'must be true or false, and is for an approval only');
  if (outsideWindow && reason === undefined)
    throw invalidField('invalid-request', 'reason', 'must say why it may pass the change window');
  return {
    verdict,
    device: readField('device', () => parseDeviceId(typeof device === 'string' ? device : '')),
    ports: portsOf(fields['ports']),
    author: textOf(author, 'author', LONGEST_AUTHOR),
    ...(reason === undefined ? {} : { reason: textOf(reason, 'reason', LONGEST_TEXT) }),
    ...(outsideWindow ? { outsideWindow: true } : {}),
  };
}

function portsOf(ports: unknown): readonly DecidedPort[] {
  const decided = listOf(ports, 'ports').map((one, index) => {
    const at = `ports[${index}]`;
    const { port, fingerprint } = fieldsOf(one, ['port', 'fingerprint'], at);
    return decidedPort(port, fingerprint, at);
  });
  if (decided.length === 0 || decided.length > MOST_DECIDED_PORTS)
    throw invalidField('invalid-request', 'ports', `must name 1 to ${MOST_DECIDED_PORTS} ports`);
  if (new Set(decided.map((one) => one.port)).size !== decided.length)
    throw invalidField('invalid-request', 'ports', 'must name each port once');
  return decided;
}

function decidedPort(port: unknown, fingerprint: unknown, at: string): DecidedPort {
  const name = readField(`${at}.port`, () => parsePortName(typeof port === 'string' ? port : ''));
  if (fingerprint === undefined) return { port: name };
  if (typeof fingerprint !== 'string' || !FINGERPRINT.test(fingerprint))
    throw invalidField('invalid-request', `${at}.fingerprint`, 'must be the fingerprint of a parked change');
  return { port: name, fingerprint };
}
