/** What is known of one error code. The page docs/errors.md is checked against this table by a test. */
export interface ErrorEntry {
  /** One sentence: what happened. */
  readonly meaning: string;
  /** Whether trying again later can help without a person. */
  readonly retryable: boolean;
  /** The status the API answers with when this error ends a request. */
  readonly httpStatus: number;
  /** What the operator should do. */
  readonly remedy: string;
}

const entry = (meaning: string, retryable: boolean, httpStatus: number, remedy: string): ErrorEntry => ({
  meaning,
  retryable,
  httpStatus,
  remedy,
});

/** Every error that crosses a boundary of portwarden has one of these codes. They are stable: match on them. */
export const ERRORS = {
  'invalid-event': entry(
    'The event is not {action, serverId, ip?}.',
    false,
    400,
    'Correct the named field and send the event again.',
  ),
  'invalid-request': entry(
    'A field or header of the request breaks its rule.',
    false,
    400,
    'Correct the named field and send the request again.',
  ),
  unauthorized: entry(
    'The bearer token is missing or wrong.',
    false,
    401,
    'Send Authorization: Bearer with the value of PORT_SECURITY_EVENT_API_BEARER_TOKEN.',
  ),
  'idempotency-key-reused': entry(
    'The Idempotency-Key came before with another event.',
    false,
    422,
    'Send a new key with every new event.',
  ),
  'not-found': entry(
    'There is nothing under this address or id.',
    false,
    404,
    'Check the id; histories are kept as long as the Temporal retention says.',
  ),
  'payload-too-large': entry('The request body is larger than the limit.', false, 413, 'Send one event per request.'),
  'unsupported-media-type': entry('The request body is not JSON.', false, 415, 'Send Content-Type: application/json.'),
  'too-many-requests': entry(
    'The caller sends more requests than the configured limit.',
    true,
    429,
    'Wait as Retry-After says, or raise the limit that the message names.',
  ),
  'temporal-unavailable': entry(
    'The Temporal server cannot be reached, so nothing durable can be accepted.',
    true,
    503,
    'Check the Temporal server; the listener repeats the event after Retry-After.',
  ),
  'api-unreachable': entry(
    'The portwarden API does not answer the command line.',
    true,
    503,
    'Check that portwarden runs, and that --api, or api.host and api.port, name where it listens.',
  ),
  internal: entry(
    'Something failed that portwarden did not expect.',
    true,
    500,
    'Look at the log line with this request or workflow id and report it.',
  ),

  'invalid-configuration': entry(
    'The configuration is wrong; the service does not start.',
    false,
    500,
    'Correct the named line of portwarden.yaml or the named environment variable.',
  ),
  'temporal-cli-not-found': entry(
    'No Temporal server could be found, downloaded or built.',
    false,
    500,
    'Set TEMPORAL_ADDRESS or TEMPORAL_CLI_PATH, or install the Temporal CLI.',
  ),
  'port-in-use': entry(
    'A TCP port that portwarden is told to listen on is taken.',
    false,
    500,
    'End the other process or configure another port.',
  ),
  'store-locked': entry(
    'Another process uses the embedded store folder.',
    false,
    500,
    'Stop the other process, or use DATABASE_URL for several processes.',
  ),
  'store-unavailable': entry(
    'The database cannot be reached or refuses a statement.',
    true,
    503,
    'Check DATABASE_URL and the PostgreSQL server; of the embedded store, the disk of store.directory.',
  ),
  'store-damaged': entry(
    'The embedded store is there, but is no database any more.',
    false,
    500,
    'Restore the folder of the data directory from a backup; without one, move the named folder away, start, and do what store-lost says.',
  ),
  'store-lost': entry(
    'What this installation remembered is gone: its store is empty, or another one.',
    false,
    500,
    'Bring the folder or database back (is it mounted? the right DATABASE_URL? a backup?) and start again; or accept the loss: docs/operations.md says what it costs.',
  ),
  'temporal-damaged': entry(
    "The embedded Temporal server's database is there, but is no database any more.",
    false,
    500,
    'Restore the folder temporal of the data directory from a backup; without one, move it away, start, and do what temporal-lost says.',
  ),
  'temporal-lost': entry(
    "The work in flight of this installation is gone: Temporal's database is empty, or another one.",
    false,
    500,
    'Bring the folder temporal or the Temporal server back (the right TEMPORAL_ADDRESS and namespace? a backup?) and start again; or accept the loss: docs/operations.md says what it costs.',
  ),
  'folder-unusable': entry(
    'A folder that portwarden works in cannot be used.',
    false,
    500,
    'Mend what the message names, or let store.directory name another folder.',
  ),

  'panel-unreachable': entry(
    'The panel does not answer.',
    true,
    502,
    'Check panel.url and the network between portwarden and the panel.',
  ),
  'panel-unauthorized': entry('The panel refuses the API key.', false, 502, 'Renew TENANTOS_API_KEY.'),
  'panel-forbidden': entry(
    'The API key lacks a right in the panel.',
    false,
    502,
    'Give the API user the right to read servers, connections, subnets and network devices.',
  ),
  'panel-throttled': entry(
    'The panel asks to slow down.',
    true,
    502,
    'Nothing; it is tried again when the panel allows.',
  ),
  'panel-failed': entry(
    'The panel answers with a server error.',
    true,
    502,
    "Look at the panel's own log if it lasts.",
  ),
  'panel-invalid-answer': entry(
    "The panel's answer does not have the expected shape.",
    true,
    502,
    'Compare the panel release with docs/configuration.md; report the named field.',
  ),
  'panel-contradiction': entry(
    "The panel's answers about one server contradict each other.",
    true,
    502,
    'Compare GET /api/servers with GET /api/servers/{id} in the panel; nothing is removed meanwhile. Send the event again once they agree.',
  ),

  'proxmox-not-configured': entry(
    "No configured Proxmox cluster matches the VM's hypervisor connection.",
    false,
    422,
    "Add the cluster under proxmox.clusters with the panel's provider id.",
  ),
  'proxmox-unreachable': entry(
    'No API host of the Proxmox cluster answers.',
    true,
    502,
    'Check proxmox.clusters[].hosts and the network.',
  ),
  'proxmox-certificate': entry(
    'The Proxmox certificate is neither signed by the configured CA nor pinned.',
    false,
    502,
    'Configure ca or fingerprints of the cluster after checking them out of band.',
  ),
  'proxmox-unauthorized': entry('Proxmox refuses the API token.', false, 502, 'Renew the token named in tokenEnv.'),
  'proxmox-forbidden': entry(
    'The API token lacks a privilege, so the inventory would be incomplete.',
    false,
    502,
    'Give user and token the role PVEAuditor on / with propagation.',
  ),
  'proxmox-failed': entry(
    'Proxmox answers with an error.',
    true,
    502,
    "Look at the named node's task log if it lasts.",
  ),
  'proxmox-node-down': entry(
    'The node does not answer its cluster.',
    true,
    502,
    'Bring the node back; its guests keep their bindings meanwhile.',
  ),
  'proxmox-no-quorum': entry(
    'The cluster has no quorum, so its answers may be old.',
    true,
    502,
    'Restore quorum; bindings stay as they are meanwhile.',
  ),
  'proxmox-invalid-answer': entry(
    "Proxmox' answer does not have the expected shape.",
    true,
    502,
    'Report the named field and the Proxmox version.',
  ),
  'proxmox-guest-not-found': entry(
    'The cluster lists no guest with this VM id.',
    true,
    404,
    "Check the VM id in the panel's connection.",
  ),
  'proxmox-uplink-unknown': entry(
    "Nothing says through which switch port this node's traffic enters.",
    false,
    422,
    'Add the node under proxmox.clusters[].uplinks or give its panel entry an snmp_switch connection.',
  ),

  'device-not-configured': entry(
    'The panel or the configuration lacks what is needed to reach the device.',
    false,
    422,
    'Set management user, password and vendor of the switch in the panel, or its entry under switches.',
  ),
  'device-unreachable': entry(
    'The device refuses or drops the connection.',
    true,
    502,
    'Check the device and the network; it is tried again.',
  ),
  'device-timeout': entry(
    'The device did not answer in time before anything was committed.',
    true,
    504,
    "Raise the switch's timeouts if it is slow but healthy.",
  ),
  'device-busy': entry(
    'Somebody else holds the configuration lock, or a commit of theirs is in progress, is scheduled or waits for its confirmation.',
    true,
    409,
    'Wait, or ask the named user to leave configuration mode, to confirm the commit or to withdraw it.',
  ),
  'device-foreign-edits': entry(
    "The candidate configuration holds somebody else's uncommitted edits.",
    true,
    409,
    'Commit or roll back these edits on the device; portwarden never discards them.',
  ),
  'device-authentication': entry(
    'The device refuses user name, password or key.',
    false,
    502,
    'Correct the management credentials in the panel or the configuration.',
  ),
  'device-host-key': entry(
    "The device's SSH host key is not one of the pinned ones.",
    false,
    502,
    'Compare the shown fingerprint with the device out of band, then add it to hostKeys.',
  ),
  'device-algorithms': entry(
    'No common SSH algorithm.',
    false,
    502,
    'Allow the legacy algorithms that the device needs, by name, for this switch only.',
  ),
  'device-permission': entry(
    'The login may not read or change the bindings.',
    false,
    502,
    'Give the login class the permissions of docs/junos.md.',
  ),
  'device-rejected': entry(
    'The device rejects the change.',
    false,
    422,
    "Read the device's message; the other ports of the batch were committed without this one.",
  ),
  'device-diff-mismatch': entry(
    "The device's own diff is not the computed change, so nothing was committed.",
    false,
    422,
    'Report the diff; look for apply-groups or hand-made statements on the port.',
  ),
  'device-binding-ineffective': entry(
    'Bindings of the port would do nothing: a statement around them is deactivated, or their group is trusted.',
    false,
    422,
    'Activate the named statement, or take the trusted override off the group.',
  ),
  'device-inherited-binding': entry(
    'A binding comes from a configuration group and cannot be removed on the port.',
    false,
    422,
    'Move the binding out of the group, or take the port out of automation.',
  ),
  'device-dialect-unknown': entry(
    "The device's configuration shows neither binding dialect.",
    false,
    422,
    'Set switches[].dialect.',
  ),
  'device-protocol': entry(
    'The device sent something that is not NETCONF.',
    true,
    502,
    'Check that the port serves NETCONF; report the excerpt.',
  ),
  'device-unknown-outcome': entry(
    'The connection was lost during the commit and the outcome could not be read back yet.',
    true,
    502,
    'Nothing; the device is read again before anything else is done.',
  ),
  'device-readback-mismatch': entry(
    'The committed configuration read back is not what was committed.',
    true,
    502,
    'Compare the journal entry with the device; somebody may have changed it at the same moment.',
  ),
  'device-missing': entry(
    'The device of a port is not known to the panel.',
    false,
    404,
    'Check the switch in the panel.',
  ),
  'stale-attempt': entry(
    'A newer attempt took over, or the worker was stopped, while this attempt was still running; it stopped.',
    true,
    409,
    'Nothing; the next attempt reads the device again and goes on.',
  ),
  'waited-too-long': entry(
    'The port could not be converged within the configured time.',
    false,
    504,
    'Remove the named cause and send the event again.',
  ),
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code. */
export type ErrorCode = keyof typeof ERRORS;

/** Whether a text is one of the registered codes. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** The registry entry of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** Codes after which a retry without a person's help is useless. Temporal matches them as failure types. */
export const NON_RETRYABLE_CODES: readonly ErrorCode[] = (Object.keys(ERRORS) as ErrorCode[]).filter(
  (code) => !ERRORS[code].retryable,
);

/** What a PortwardenError carries besides code and message. Never a secret. */
export interface ErrorDetails {
  readonly [name: string]: string | number | boolean | readonly string[] | undefined;
}

/** The one error class that crosses boundaries: thrown by sources, devices, store, runtime and API. */
export class PortwardenError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** How long to wait before the next try, in milliseconds, when the other side said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PortwardenError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether trying again later can help without a person. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** An error as plain data, as it appears in outcomes, histories and API answers. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly remedy: string;
}

/** Turns anything thrown into a report; what is not a PortwardenError becomes `internal`. */
export function reportError(error: unknown): ErrorReport {
  const code: ErrorCode = error instanceof PortwardenError ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  return errorReport(code, message);
}

/** Builds a report from a registered code. */
export function errorReport(code: ErrorCode, message: string): ErrorReport {
  return { code, message, retryable: ERRORS[code].retryable, remedy: ERRORS[code].remedy };
}
