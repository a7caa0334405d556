import { entry, type ErrorEntry } from './entry';

/** Requests, the configuration, the store, Temporal, and the way of a change as a whole. */
export const SERVICE_ERRORS = {
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
    'The Idempotency-Key came before with another request.',
    false,
    422,
    'Send a new key with every new event and every new change.',
  ),
  'idempotency-key-busy': entry(
    'The request with this Idempotency-Key is being carried out.',
    true,
    409,
    'Send it again a little later, with the same key: its answer comes then.',
  ),
  'not-found': entry(
    'There is nothing under this address or id.',
    false,
    404,
    'Check the id; histories are kept as long as the Temporal retention says.',
  ),
  'api-without-store': entry(
    'This API process has no database, and what is asked for is there.',
    false,
    501,
    'Ask an API process that has DATABASE_URL, or set it for this one: the PostgreSQL server that the workers use.',
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
  'plan-differs': entry(
    'What a port needs is not what was planned, so Apply All left it alone.',
    false,
    409,
    'Look at it with `portwarden preview`, then plan again.',
  ),
  'plan-unknown': entry(
    'There is no such plan of Apply All that can be run: it is not ready, was run already, belongs to another scope, or is forgotten.',
    false,
    404,
    'Plan again with `portwarden apply-all --plan`, and name the hash and the scope that it shows.',
  ),
  'apply-all-running': entry(
    'A run of Apply All over this scope, of another plan, is under way.',
    false,
    409,
    'See it with `portwarden apply-all status`; wait for it or cancel it.',
  ),
  'apply-all-stopped': entry(
    'The run of Apply All that asked for the port was paused or has ended before its turn came.',
    false,
    409,
    'Resume the run, or run the plan again; events go on by themselves.',
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

  'virtual-mac-refused': entry(
    'The address cannot have a virtual MAC.',
    false,
    422,
    'Read the message: a virtual MAC is for a further single address of a dedicated server that the panel knows.',
  ),
  'virtual-mac-taken': entry(
    'The virtual MAC, or the address that it is asked for, is taken.',
    false,
    409,
    'Let portwarden choose the MAC, or revoke the one that the address has: portwarden vmac list shows them.',
  ),

  'stale-attempt': entry(
    'A newer attempt took over, or the worker was stopped, while this attempt was still running; it stopped.',
    true,
    409,
    'Nothing; the next attempt reads the device again and goes on.',
  ),
  paused: entry(
    'A person paused this device, this port, its site or everything: nothing is changed there meanwhile.',
    true,
    409,
    'Nothing: what waits is kept and goes on when the pause ends. To end it: portwarden resume, with the scope that the message names.',
  ),
  'outside-change-window': entry(
    'The device is changed in its change windows only, and none is open.',
    true,
    409,
    'Nothing: what waits is kept and goes on at the time that the message names. Windows are in the section changeWindows.',
  ),
  'change-freeze': entry(
    'There is a change freeze: the device is not changed meanwhile.',
    true,
    409,
    'Nothing: what waits is kept and goes on when the freeze is over. Freezes are in the section changeWindows.',
  ),
  'answer-timeout': entry(
    'No worker answered the question in time.',
    true,
    504,
    'See that a worker runs, and ask again; ask for less at once (a port instead of a device).',
  ),
  'waited-too-long': entry(
    'The port could not be converged within the configured time.',
    false,
    504,
    'Remove the named cause and send the event again.',
  ),
} as const satisfies Record<string, ErrorEntry>;
