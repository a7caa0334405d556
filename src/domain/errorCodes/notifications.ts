import { entry } from './entry';

/** Notifications of others. */
export const NOTIFICATION_ERRORS = {
  'notification-unreachable': entry(
    'The receiver of notifications does not answer.',
    true,
    502,
    'Check the receiver and the way to it. Deliveries are tried again over three days by themselves.',
  ),
  'notification-target-refused': entry(
    'The name of a receiver of notifications leads to an address to which none are sent.',
    true,
    502,
    'Correct the name or its entry in the DNS; for a receiver in a network of your own, set allowPrivate.',
  ),
  'notification-refused': entry(
    'The receiver of notifications answered with something else than success.',
    true,
    502,
    'Look at the log of the receiver. After 410 nothing more is sent until `portwarden notification test` succeeds.',
  ),
  'notification-endpoint-unknown': entry(
    'There is no such endpoint of notifications, or this worker does not know it.',
    true,
    404,
    'Name one of `portwarden notification endpoints`. Workers know those of the portwarden.yaml that they were started with.',
  ),
  'notification-under-way': entry(
    'The notification is on its way, so it cannot be sent again.',
    false,
    409,
    'Wait until it is delivered or given up: `portwarden notification show` says which.',
  ),
} as const;
