import type { ErrorCode } from '../../domain/errors';
import type { RpcError } from './session';

/** What was asked of the device when it answered with errors. */
export type Operation = 'lock' | 'read' | 'load' | 'diff' | 'check' | 'commit' | 'discard' | 'unlock';

/** Recognises an error by its tag, its text or both, of certain operations or of all. */
interface Pattern {
  readonly operations?: readonly Operation[];
  readonly severity?: RpcError['severity'];
  readonly tag?: string;
  /** Matched against the message with every run of white space as one space. */
  readonly text?: RegExp;
  /** Where it was seen. */
  readonly source: string;
}

/** A recognised error that does not matter. */
interface IgnorableRule {
  appliesTo(operation: Operation, error: RpcError): boolean;
}

/** A recognised error and what it means. */
interface Rule extends IgnorableRule {
  readonly code: ErrorCode;
  /** Whether it means that also when the device calls it a warning. */
  readonly evenAsWarning?: true;
}

/**
 * Errors and warnings that stand against nothing. A warning that is in no table does not fail an operation either, but
 * is shown to the operator.
 */
const IGNORABLE_PATTERNS: readonly Pattern[] = [
  {
    operations: ['load'],
    severity: 'warning',
    text: /^(warning: )?statement not found/i,
    source:
      'Junos 16.1 and 17.3R3: a deletion of what is not there; the diff decides (Juniper/py-junos-eznc tests, internap/netman tests)',
  },
  {
    operations: ['load'],
    severity: 'warning',
    text: /statement (does not exist|already exists)/i,
    source: 'openstack/networking-generic-switch, Junos device',
  },
  {
    operations: ['load', 'check', 'commit'],
    severity: 'warning',
    text: /\blicen[cs]e\b/i,
    source: 'Junos 16.1R3: "mgd: requires \'mpls\' license" (Juniper/go-netconf tests)',
  },
  {
    operations: ['lock'],
    severity: 'warning',
    text: /uncommitted changes will be discarded on exit/i,
    source: 'Junos, opening a private configuration (Juniper/py-junos-eznc)',
  },
  {
    operations: ['unlock'],
    text: /configuration database is not open/i,
    source:
      'Junos 20.2, EX3400: unlock after the database was closed (Juniper/ansible-junos-stdlib issues 578 and 748)',
  },
];

/** Ordered: when a reply has several errors, the first rule that fits any of them decides. What fits none is `device-rejected`. */
const RULE_PATTERNS: readonly (Pattern & { readonly code: ErrorCode; readonly evenAsWarning?: true })[] = [
  {
    code: 'device-unknown-outcome',
    operations: ['commit'],
    text: /could not connect to (re\d|fpc\d+|node\d+|member\s?\d+)/i,
    source:
      'Junos with two routing engines: "Could not connect to re0 : No route to host" (Juniper/py-junos-eznc tests)',
  },
  {
    code: 'device-unreachable',
    text: /could not connect to (re\d|fpc\d+|node\d+|member\s?\d+)/i,
    source: 'as above; what did not commit can be tried again',
  },
  {
    code: 'device-foreign-edits',
    text: /\bconfiguration database modified/i,
    source:
      'Junos: exclusive lock or private candidate over others\' uncommitted edits, also "shared configuration database modified"',
  },
  {
    code: 'device-foreign-edits',
    tag: 'resource-denied',
    text: /candidate .*(cannot be locked|discard-changes)|discard-changes needed/i,
    source: 'netconfd 2.13 (yuma123); RFC 6241 section 7.5 refuses a lock over a modified candidate',
  },
  {
    code: 'device-busy',
    text: /configuration database (is )?locked/i,
    source:
      'Junos: "configuration database locked by: USER terminal (pid N) on since DATE" (napalm issue 1445), CLI form without a name',
  },
  {
    code: 'device-busy',
    text: /configuration database is already open/i,
    source: 'Junos (internap/netman, juniper base.py)',
  },
  {
    code: 'device-busy',
    operations: ['lock', 'load', 'check', 'commit'],
    text: /\bcommit at\b|\b(pending|scheduled) commit\b|\bcommit (is |was )?(already )?(pending|scheduled)\b/i,
    source:
      'Junos CLI reference, "commit": nobody can commit while a `commit at` is pending. The words of the refusal are not established',
  },
  { code: 'device-busy', tag: 'lock-denied', source: 'RFC 6241 appendix A' },
  { code: 'device-busy', tag: 'in-use', source: 'RFC 6241 appendix A' },
  { code: 'device-busy', tag: 'resource-denied', source: 'RFC 6241 appendix A' },
  { code: 'device-permission', tag: 'access-denied', source: 'RFC 6241 appendix A' },
  {
    code: 'device-permission',
    text: /^(error: )?permission denied/i,
    source: 'Junos 12.1X46 and 16.1R1 (Juniper/py-junos-eznc tests)',
  },
  {
    code: 'device-rejected',
    operations: ['diff'],
    severity: 'warning',
    evenAsWarning: true,
    text: /statement must contain additional statements/i,
    source: 'Junos: the diff is not complete (Juniper/py-junos-eznc tests)',
  },
];

/** Recognises what does not matter. */
export const IGNORABLE: readonly IgnorableRule[] = IGNORABLE_PATTERNS.map((pattern) => ({
  appliesTo: (operation, error) => fits(pattern, operation, error),
}));

/** Recognises what matters, in order of precedence. */
export const RULES: readonly Rule[] = RULE_PATTERNS.map((pattern) => ({
  code: pattern.code,
  ...(pattern.evenAsWarning === undefined ? {} : { evenAsWarning: pattern.evenAsWarning }),
  appliesTo: (operation, error) => fits(pattern, operation, error),
}));

function fits(pattern: Pattern, operation: Operation, error: RpcError): boolean {
  return (
    (pattern.operations?.includes(operation) ?? true) &&
    (pattern.severity === undefined || pattern.severity === error.severity) &&
    (pattern.tag === undefined || pattern.tag === error.tag) &&
    (pattern.text === undefined || pattern.text.test(error.message.replace(/\s+/g, ' ').trim()))
  );
}
