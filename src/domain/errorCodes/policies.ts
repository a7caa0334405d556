import { entry, type ErrorEntry } from './entry';

/** Port policies, the further addresses that they allow, and ports that people hold as a backup had them. */
export const POLICY_ERRORS = {
  'restore-unsupported': entry(
    'A backup does not say what every port let through, so nothing can be restored from it.',
    false,
    422,
    'Take a backup of a device whose whole configuration is read (Junos), made by this release of portwarden or a later one.',
  ),
  'restore-refused': entry(
    'None of the ports can be restored; nothing was changed.',
    false,
    422,
    'See why with `portwarden backup restore --preview`, mend it, or restore other ports.',
  ),
  'hold-differs': entry(
    'What a restore, or the release of a hold, would do is not what was shown, so nothing was changed.',
    false,
    409,
    'Look at the plan again and carry out its hash.',
  ),
  'policy-contradiction': entry(
    'A port policy asks for things that exclude each other.',
    false,
    400,
    'Say either port security off, or further addresses and security groups.',
  ),
  'policy-empty': entry(
    'A port policy that says nothing.',
    false,
    400,
    'Name port security, further addresses or security groups, or unset the policy.',
  ),
  'policy-expired': entry('A port policy would have ended already.', false, 400, 'Give an end in the future, or none.'),
  'policy-changed': entry(
    'A port policy was changed by somebody else since it was read.',
    false,
    412,
    'Read it again (`portwarden policy show`), decide again, and name the version that is in force now.',
  ),
  'policy-missing': entry('There is no port policy of this scope.', false, 404, 'See `portwarden policy list`.'),
  'address-pair-ambiguous': entry(
    'An allowed address has host bits set: it can mean one address or a whole range.',
    false,
    400,
    'Say which: the address alone, the range by its first address, or `--as host` or `--as network`.',
  ),
  'address-pair-multicast': entry(
    'An allowed address is a multicast address, or a range that holds some.',
    false,
    400,
    'Name addresses that a host can send from.',
  ),
  'address-pair-metadata': entry(
    'An allowed address is that of the metadata service of clouds.',
    false,
    400,
    'Name another address: nobody but the cloud itself answers there.',
  ),
  'address-pair-too-wide': entry(
    'An allowed range is wider than the limit.',
    false,
    400,
    'Name the addresses that are needed, or say with the policy that the wide range is meant (`--wide-ranges`). The limit is `policies.widestRange`.',
  ),
  'policy-not-enforceable': entry(
    'A device cannot carry a part of a port policy out as it is configured, or as that port is.',
    false,
    409,
    'The message says what stands in the way. Change that, or say something else with the policy; the port keeps what it has.',
  ),
  'address-pair-taken': entry(
    'An allowed address is that of a gateway or of another port.',
    false,
    409,
    'Name another address, or say with the policy that the port is to be able to take it over.',
  ),
  'policy-group-unknown': entry(
    'A policy names a security group that is not there, or that the login may not see.',
    false,
    409,
    "Name a group of the port's project by its id (`openstack security group list`).",
  ),
  'policy-group-foreign': entry(
    'A policy names a security group of another project.',
    false,
    409,
    "Make a group with the same rules in the port's project, and name that one.",
  ),
  'policy-security-off': entry(
    'A policy names groups or further addresses for a port whose security somebody else switched off.',
    false,
    409,
    'Say port security on in the policy too, with the groups that the port is to have.',
  ),
  'policy-unsupported': entry(
    'A policy is for a port whose device carries out no such policies.',
    false,
    422,
    'Unset the policy, or let it say only what the device can do; the port is otherwise kept as before.',
  ),
} as const satisfies Record<string, ErrorEntry>;
