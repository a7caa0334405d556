import type { ExclusionRule } from './outcome';

/** The guards by the names that journal, API and metrics have for them, each with what it watches over. */
export const GUARDS = {
  'port-shrink': 'One pass would take too many bindings, or too large a share, from one port, and no event says why.',
  'port-shrink-day':
    'Together with what went in the last 24 hours, too many bindings, or too large a share, would go from one port, and no event says why.',
  'port-maximum': 'A port would have more bindings than one port may have; the further ones are left out.',
  'commit-maximum': 'One commit would change more bindings of a device than a commit may change.',
  'device-rate': 'More bindings of a device would be changed within an hour than may be.',
  'site-brake':
    'Too many ports or bindings of the whole site lost something within a short time, and no event says why.',
  'configuration-change':
    'Only a changed configuration takes the binding away or replaces it; panel and hypervisor say what they said before.',
  'policy-restore':
    'What a port had before a policy switched its security off is not known, or cannot be restored whole; it stays off.',
  'hold-unseen':
    'A binding came to a held port that its hold does not have and whose removal nobody saw; it stays, and so does what would come in its place.',
  'hold-over':
    'The time of a hold is over, and the sources want the port otherwise than it was held; it stays as it is.',
  contradiction: 'Sources contradict each other, or one contradicts itself; what is bound stays.',
  conflict: 'Two servers claim the same address, MAC or guest; what is bound stays.',
} as const satisfies Readonly<Record<string, string>>;

/** Which guard holds something. */
export type GuardCode = keyof typeof GUARDS;

const RULES: Partial<Readonly<Record<ExclusionRule, GuardCode>>> = {
  'server-gone': 'contradiction',
  'server-unreadable': 'contradiction',
  'guest-still-runs': 'contradiction',
  'guest-not-found': 'contradiction',
  'guest-claimed-twice': 'conflict',
  'assigned-elsewhere': 'conflict',
  'duplicate-address': 'conflict',
  'duplicate-mac': 'conflict',
  'port-maximum': 'port-maximum',
};

/** The guard behind a rule that leaves an address out or keeps it as it is; undefined when it is none. */
export function guardOfRule(rule: ExclusionRule): GuardCode | undefined {
  return RULES[rule];
}
