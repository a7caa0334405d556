import { Refusal } from './answers';
import type { Caller, CloudState, Network, Port } from './world';

/** Whether somebody may see a port: their own, and those on their networks. */
export function sees(caller: Caller, port: Port, network: Network | undefined): boolean {
  return isTrusted(caller) || port.project_id === caller.projectId || network?.project_id === caller.projectId;
}

/** What a body says of a port, by the API's names. */
export type Attributes = Readonly<Record<string, unknown>>;

/**
 * Neutron's default policy of ports (release 21, old defaults), by what a body names. The rules that fail are named as
 * Neutron names them, those of all attributes together.
 * @throws Refusal PolicyNotAuthorized.
 */
export function judge(
  action: 'create_port' | 'update_port',
  caller: Caller,
  port: Pick<Port, 'project_id'>,
  network: Network | undefined,
  body: Attributes,
): void {
  const isAdmin = caller.roles.includes('admin');
  const isNetworkOwner = network?.project_id === caller.projectId;
  const may: Readonly<Record<string, boolean>> = {
    allowed_address_pairs: isAdmin || isNetworkOwner,
    'binding:host_id': isAdmin,
    'binding:profile': isAdmin,
    mac_address: isAdmin || caller.roles.includes('advsvc') || (action === 'create_port' && isNetworkOwner),
    port_security_enabled: isTrusted(caller) || isNetworkOwner,
  };
  const ruled = Object.keys(may)
    .filter((name) => name in body)
    .sort();
  const mayAtAll = isTrusted(caller) || port.project_id === caller.projectId;
  if (mayAtAll && ruled.every((name) => may[name] === true)) return;
  const rule = ruled.reduce((all, name) => `(${all} and ${ruleOf(action, name, body[name])})`, `rule:${action}`);
  throw new Refusal(403, 'PolicyNotAuthorized', `${rule} is disallowed by policy`);
}

/** The network of a port. */
export function networkOf(state: CloudState, port: Port): Network | undefined {
  return state.networks.get(port.network_id);
}

function isTrusted({ roles }: Caller): boolean {
  return roles.includes('admin') || roles.includes('advsvc');
}

function ruleOf(action: string, name: string, value: unknown): string {
  const rule = `rule:${action}:${name}`;
  if (name !== 'allowed_address_pairs' || !Array.isArray(value) || value.length === 0) return rule;
  const keys = new Set((value as object[]).flatMap((pair) => Object.keys(pair)));
  const parts = ['ip_address', 'mac_address'].filter((key) => keys.has(key)).map((key) => `${rule}:${key}`);
  return `(${rule} and (${parts.join(' and ')}))`;
}
