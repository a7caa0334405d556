import { entry, type ErrorEntry } from './entry';

/** What the panel and the hypervisor answer, or do not. */
export const SOURCE_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>;
