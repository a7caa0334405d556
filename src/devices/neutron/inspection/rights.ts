import type { NeutronClient } from '../../../clients/openstack/neutron';
import type { InspectedPort } from '../../../clients/openstack/schemas';
import type { OwnedAttributes } from '../ownedAttributes';
import { pairsOf } from '../pairs';

/** No port ever has this revision: a write that names it is never carried out. */
const IMPOSSIBLE_REVISION = 2_147_483_647;

/** Whether the login may change what a port lets through. */
export type Right = { readonly kind: 'may' } | { readonly kind: 'may-not' | 'unknown'; readonly why: string };

/**
 * Asks the cloud whether the login may write the owned attributes of a port: with what the port has, and with a revision that
 * no port has. Neutron judges rights first, so the answer is 403, or 412 for the revision; nothing is written either way
 * (tried on Neutron 21).
 */
export async function rightTo(
  client: NeutronClient,
  port: InspectedPort,
  owned: OwnedAttributes,
  signal: AbortSignal,
): Promise<Right> {
  const { port_security_enabled: isOn, security_groups, allowed_address_pairs } = port;
  const same = {
    ...(isOn === undefined || !owned.portSecurity ? {} : { port_security_enabled: isOn }),
    ...(owned.securityGroups ? { security_groups } : {}),
    allowed_address_pairs: pairsOf(allowed_address_pairs),
  };
  const result = await client.update(port.id, same, IMPOSSIBLE_REVISION, signal);
  if (result.kind === 'stale') return { kind: 'may' };
  if (result.kind === 'written') return { kind: 'unknown', why: 'the cloud took a write with a wrong revision' };
  const { status, type, message } = result.refusal;
  return { kind: status === 403 ? 'may-not' : 'unknown', why: `${type}: ${message}` };
}
