import type { NeutronPort } from '../../clients/openstack/schemas';
import type { Statement } from '../../domain/change/statement';

/** Port security is off, as a statement: a port has it, or is enforced. */
export const SECURITY_OFF: Statement = { key: 'port-security|off', text: 'port security off' };

const GROUP = 'security-group|';

/** A security group of a port as a statement. @param name where it is known: it is for people, and no part of the key. */
export function groupStatement(id: string, name?: string): Statement {
  return { key: `${GROUP}${id}`, text: `security group ${name === undefined ? id : `${name} (${id})`}` };
}

/** The id of the group that a statement stands for; undefined for any other statement. */
export function groupOf({ key }: Pick<Statement, 'key'>): string | undefined {
  return key.startsWith(GROUP) ? key.slice(GROUP.length) : undefined;
}

/** Whether a statement says that port security is off. */
export function isOff({ key }: Pick<Statement, 'key'>): boolean {
  return key === SECURITY_OFF.key;
}

/** Whether a statement is about how a port is enforced; any other is an address pair. */
export function isEnforcement(statement: Pick<Statement, 'key'>): boolean {
  return isOff(statement) || groupOf(statement) !== undefined;
}

/** How a port is enforced. @param nameOf the name of a security group, where it is known. */
export function enforcementOf(
  { port_security_enabled, security_groups }: NeutronPort,
  nameOf: (id: string) => string | undefined,
): readonly Statement[] {
  return [
    ...(port_security_enabled === false ? [SECURITY_OFF] : []),
    ...security_groups.map((id) => groupStatement(id, nameOf(id))),
  ];
}
