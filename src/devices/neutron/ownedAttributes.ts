import type { NeutronPort } from '../../clients/openstack/schemas';
import { errorReport, type ErrorReport } from '../../domain/errors';
import type { EffectivePolicy } from '../../domain/policies/effectivePolicy';
import type { PolicyFields } from '../../domain/policies/policy';

/**
 * Which attributes of a project's ports are portwarden's to write, as configured. The address pairs always are: they are what it
 * is for. Neutron refuses a whole request for one attribute that the login may not set, even when it is named as it is (403,
 * recorded), so what is not owned is in no request.
 */
export interface OwnedAttributes {
  readonly portSecurity: boolean;
  readonly securityGroups: boolean;
}

/** A project whose ports are managed whole. */
export const ALL_ATTRIBUTES: OwnedAttributes = { portSecurity: true, securityGroups: true };

const WHERE = 'openstack.projects[].attributes';

/** Why a project cannot carry out what a policy says, whatever port it is for; undefined when it can. */
export function whyNotOwned(
  owned: OwnedAttributes,
  { portSecurity, securityGroups }: PolicyFields,
): string | undefined {
  const others = [
    ...(portSecurity !== undefined && !owned.portSecurity ? ['port security'] : []),
    ...(securityGroups !== undefined && !owned.securityGroups ? ['security groups'] : []),
  ];
  return others.length === 0 ? undefined : `${others.join(' and ')} are not portwarden's to change there (${WHERE})`;
}

/** What of a policy can be carried out on a port with the attributes that are owned, and why the rest cannot. */
export function withinOwned(
  owned: OwnedAttributes,
  policy: EffectivePolicy,
  port: NeutronPort,
): { readonly policy: EffectivePolicy; readonly refused: readonly ErrorReport[] } {
  const { portSecurity, securityGroups, ...rest } = policy;
  const noSecurity = portSecurity === undefined ? undefined : whyNoSecurity(owned, portSecurity.value, port);
  const noGroups = securityGroups !== undefined && !owned.securityGroups;
  const reasons = [
    ...(noSecurity === undefined ? [] : [noSecurity]),
    ...(noGroups ? [`The security groups of ${port.id} are not portwarden's to change (${WHERE}): they stay`] : []),
  ];
  return {
    policy: {
      ...rest,
      ...(portSecurity === undefined || noSecurity !== undefined ? {} : { portSecurity }),
      ...(securityGroups === undefined || noGroups ? {} : { securityGroups }),
    },
    refused: reasons.map((message) => errorReport('policy-not-enforceable', message)),
  };
}

function whyNoSecurity(
  owned: OwnedAttributes,
  wanted: 'on' | 'off',
  { id, security_groups: groups }: NeutronPort,
): string | undefined {
  if (!owned.portSecurity) return `Port security of ${id} is not portwarden's to change (${WHERE}): it stays as it is`;
  if (wanted === 'off' && !owned.securityGroups && groups.length > 0)
    return `Port security of ${id} cannot be switched off: Neutron refuses that while the port has security groups (${groups.join(', ')}), which are not portwarden's to take away (${WHERE})`;
  return undefined;
}
