/** How soon somebody has to look: at once, today, when there is time. */
export const SEVERITIES = ['critical', 'major', 'minor'] as const;

/** One of them. */
export type Severity = (typeof SEVERITIES)[number];

/** What is known of one alarm. The page docs/alarms.md is checked against this table by a test. */
export interface AlarmEntry {
  readonly severity: Severity;
  /** What an alarm of it is about: one device, one port, … */
  readonly subject: string;
  /** One sentence: what it means. */
  readonly meaning: string;
  /** What the operator should do. */
  readonly action: string;
  /** When the system raises it. */
  readonly raised: string;
  /** When the system clears it. */
  readonly cleared: string;
}

/** Every alarm by its id. Ids are stable: match on them. */
export const ALARMS = {
  'device-unreachable': {
    severity: 'critical',
    subject: 'device',
    meaning: 'The device does not answer, so nothing is changed on it.',
    action: 'Check the device and the network to it. What waits is tried again by itself.',
    raised:
      'A port of the device waits because of `device-unreachable`, `device-timeout`, `device-protocol` or `device-missing`.',
    cleared: 'No port of the device waits because of these any more.',
  },
  'lock-held': {
    severity: 'major',
    subject: 'device',
    meaning: 'Somebody else holds the configuration of the device, or left edits in it that are not committed.',
    action: 'Ask whoever the text names to commit or to leave. Portwarden never discards what others edit.',
    raised: 'A port of the device waits because of `device-busy` or `device-foreign-edits`.',
    cleared: 'No port of the device waits because of these any more.',
  },
  'commit-unknown': {
    severity: 'critical',
    subject: 'device',
    meaning: 'Whether a commit of portwarden was made is not known yet.',
    action:
      'Make the device reachable: it is read before anything else is done, and the journal then says what became of the commit.',
    raised:
      'A port of the device waits because of `device-unknown-outcome`, or a commit was begun more than two minutes ago, no pass runs, and what became of it was never read.',
    cleared: 'The device was read and the commit is journaled or known not to have been made.',
  },
  'coordinator-stuck': {
    severity: 'critical',
    subject: 'device',
    meaning: 'The workflow that alone may change the device cannot go on by itself.',
    action: 'Follow docs/operations.md, "A workflow that cannot go on".',
    raised: 'Each try of the next step of the coordinator fails before it begins.',
    cleared: 'The coordinator answers again or has ended.',
  },
  'out-of-sync': {
    severity: 'major',
    subject: 'port',
    meaning: 'The port is not, or not known to be, as it should be.',
    action: 'Read the text and the error that it names; send an event for the port once the cause is gone.',
    raised: 'The last look at the port ended as `failed`, or a look found it other than it should be.',
    cleared: 'A look at the port ended otherwise, the difference is gone, or no server is on the device any more.',
  },
  parked: {
    severity: 'major',
    subject: 'port',
    meaning: 'A change of the port waits for a person.',
    action: 'Look at it with `portwarden parked`, and approve or reject it.',
    raised: 'A change is parked at the port.',
    cleared: 'It was approved or rejected, or its cause is gone.',
  },
  'guard-tripped': {
    severity: 'major',
    subject: 'device and guard',
    meaning: 'A guard holds back changes of the device.',
    action: 'Ask why so much would go: look at the panel first, then at `portwarden parked`.',
    raised: 'Something is parked on the device that the guard holds.',
    cleared: 'The guard holds nothing on the device any more.',
  },
  'site-brake': {
    severity: 'critical',
    subject: 'the whole site',
    meaning: 'The brake of the site is on: nothing goes that no event names.',
    action: 'Find out why the sources lost so much, then `portwarden brake release`.',
    raised: 'The site brakes.',
    cleared: 'The brake was released, or ended by itself.',
  },
  'stale-source': {
    severity: 'critical',
    subject: 'source',
    meaning: 'The panel or a cluster of hypervisors was not read for a while, so what they say may be old.',
    action: 'Check the source and the network to it. Nothing is removed meanwhile.',
    raised:
      'A cluster was not seen for longer than `alarms.staleAfterSeconds`, events wait that long for panel or hypervisors, or a port waits because they do not answer.',
    cleared: 'The cluster is seen again, and nothing waits for the source.',
  },
  'source-contradiction': {
    severity: 'major',
    subject: 'port',
    meaning: 'Panel, hypervisors and what is known contradict each other about the port; what is bound stays.',
    action: 'Correct the entry that the text names in the panel or at the hypervisor.',
    raised:
      'An address of the port is left out or kept because of a contradiction or a conflict, or the port waits because of `panel-contradiction`.',
    cleared: 'A look at the port found the sources to agree.',
  },
  'token-rejected': {
    severity: 'critical',
    subject: 'source or device',
    meaning: 'A source or a device refuses the login or token, or it lacks a right.',
    action: 'Renew the token or login that the text names, or give it the right.',
    raised:
      'A look failed with `panel-unauthorized`, `panel-forbidden`, `proxmox-unauthorized`, `proxmox-forbidden`, `device-authentication`, `device-host-key` or `device-permission`; or, with or without a port, the panel, a cluster or a cloud refused the token (401), or the panel or a cluster a call for want of a right (403, told of for ten minutes).',
    cleared: 'A later look came through, the token was accepted again, or the source is no longer configured.',
  },
  'many-retries': {
    severity: 'major',
    subject: 'port',
    meaning: 'The port was tried again and again without success.',
    action: 'Read why it waits: `portwarden device status`.',
    raised: 'A waiting port had at least `alarms.manyAttempts` tries.',
    cleared: 'The port waits no more, or with fewer tries.',
  },
  'policy-expiring': {
    severity: 'minor',
    subject: 'policy',
    meaning: 'A port policy ends within the hour; its ports are restored then.',
    action: 'Set it anew with a later end where it is still needed.',
    raised: 'The end of a policy is less than an hour away.',
    cleared: 'The policy has ended or was given a later end.',
  },
  'unbound-old': {
    severity: 'minor',
    subject: 'port',
    meaning: 'Addresses that should be let through at the port are not, for a long time.',
    action: 'Ask why with `portwarden explain`; the rule that leaves each out says what is missing.',
    raised: 'An address of the port is on the list `unbound` for longer than `alarms.unboundHours`.',
    cleared: 'No address of the port is on the list for that long.',
  },
  'clock-skew': {
    severity: 'major',
    subject: 'database, source or device',
    meaning: 'The clock of the worker differs from that of the database, of a source or of a device.',
    action:
      'Let both keep their time by NTP; when several sources are off by the same, it is the worker. Times in the journal, expiries and signatures of notifications rely on it.',
    raised:
      'The clock of the database differs by more than `alarms.clockSkewSeconds`, or that of the panel, a cluster or a device by more than `alarms.sourceClockSkewSeconds`, as its answers have it.',
    cleared:
      'They agree again; of a source or device also when its clock was not read for a day, or it is no longer configured.',
  },
  'backup-failing': {
    severity: 'major',
    subject: 'device',
    meaning: 'The configuration of the device could not be backed up.',
    action: 'Read why; the device is read with the login that changes it.',
    raised: 'The newest scheduled backup of the device failed.',
    cleared: 'A backup of the device succeeded.',
  },
  'notification-failing': {
    severity: 'major',
    subject: 'endpoint of notifications',
    meaning: 'An endpoint takes no notifications; they are kept and tried again.',
    action:
      'Check the receiver. After an answer 410 nothing is sent until `portwarden notification test` succeeds; what was given up goes with `portwarden notification replay`.',
    raised:
      'No try to deliver to the endpoint succeeded for longer than `alarms.notificationsFailingSeconds`, or it answered 410.',
    cleared: 'The endpoint took a notification, or is no longer configured.',
  },
} as const satisfies Readonly<Record<string, AlarmEntry>>;

/** The stable id of an alarm. */
export type AlarmId = keyof typeof ALARMS;

/** Every id. */
export const ALARM_IDS = Object.keys(ALARMS) as readonly AlarmId[];

/** Whether a text is the id of an alarm. */
export function isAlarmId(text: string): text is AlarmId {
  return Object.hasOwn(ALARMS, text);
}

/** What is known of an alarm. */
export function alarmEntry(id: AlarmId): AlarmEntry {
  return ALARMS[id];
}
