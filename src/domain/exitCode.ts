import { errorEntry, type ErrorCode } from './errors';

/** How every process of portwarden ends; docs/operations.md lists them. They are stable. */
export const EXIT = {
  ok: 0,
  /** It failed; trying again will not help. */
  failed: 1,
  /** The command line, the configuration, an argument or a folder is wrong. */
  usage: 2,
  /** Something could not be reached or is busy; trying again later can help. */
  unavailable: 3,
  /** `event --wait`: the event ended as skipped or parked. */
  notApplied: 4,
  /** Data is lost or damaged; a person has to decide. */
  dataLost: 5,
} as const;

const USAGE: readonly ErrorCode[] = [
  'invalid-event',
  'invalid-request',
  'invalid-configuration',
  'folder-unusable',
  'device-kind-unknown',
];
const BUSY: readonly ErrorCode[] = ['store-locked', 'port-in-use'];
const LOST: readonly ErrorCode[] = ['store-lost', 'store-damaged', 'temporal-lost', 'temporal-damaged'];

/** The exit code of a process that ends with this error. */
export function exitCodeOf(code: ErrorCode): number {
  if (USAGE.includes(code)) return EXIT.usage;
  if (LOST.includes(code)) return EXIT.dataLost;
  if (BUSY.includes(code)) return EXIT.unavailable;
  return errorEntry(code).retryable && code !== 'internal' ? EXIT.unavailable : EXIT.failed;
}
