import { entry, type ErrorEntry } from './entry';

/** What devices answer, or do not. */
export const DEVICE_ERRORS = {
  'device-kind-unknown': entry(
    'No driver of this portwarden knows the kind of the device.',
    false,
    422,
    'Correct the device id: the message names the kinds that there are. A kind of a newer version needs that version.',
  ),
  'backup-unsupported': entry(
    'Devices of the kind have no whole configuration that could be read or compared.',
    false,
    422,
    'Their backups hold the ports of the change before which they were made: compare two of these.',
  ),
  'device-not-configured': entry(
    'The panel or the configuration lacks what is needed to reach the device.',
    false,
    422,
    'Correct the device id, or complete what the message names: in the panel for a switch (management user, password and vendor), else in the section of its kind.',
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
    "Raise the device's timeouts in the section of its kind if it is slow but healthy.",
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
    'Give the login the rights that the page of the kind of device names: docs/junos.md for switches.',
  ),
  'device-rejected': entry(
    'The device rejects the change.',
    false,
    422,
    "Read the device's message; the other ports of the batch were committed without this one.",
  ),
  'device-duplicate-mac': entry(
    'The device refuses a second binding with the same MAC on a port.',
    false,
    422,
    'Let further addresses of this switch get virtual MACs: additionalAddresses: virtual-mac under switches, or `portwarden vmac assign` for one address (docs/virtual-macs.md).',
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
  'device-conflict': entry(
    'Somebody else changed the port between reading and writing it, and nothing of ours was written; or both wrote at the same moment, and theirs may be lost.',
    true,
    409,
    'Nothing for us: the port is read and changed again. The message says what they changed, or that they should look whether their change is still there.',
  ),
  'port-link-contradiction': entry(
    'Tags of ports and the configuration do not agree on which port a server has.',
    false,
    409,
    'Correct the tags or the configuration that the message names, and send the event again once they agree. Nothing is changed meanwhile.',
  ),
  'device-missing': entry(
    'The device of a port is not known to the panel.',
    false,
    404,
    'Check the switch in the panel.',
  ),
} as const satisfies Record<string, ErrorEntry>;
