import type { PolicyCarrier } from '../../../src/devices/policyCarrier';
import type { Statement } from '../../../src/domain/change/statement';
import type { PortName } from '../../../src/domain/values/port';
import { statement } from '../fakes/values';

/** How a port without port security shows in its statements. */
export const SECURITY_OFF: Statement = { key: 'port security off', text: 'port security off' };

/** The MAC of whatever has the further addresses of policies. */
const POLICY_MAC = '00:00:5e:00:02:01';

/** How a further address of a policy is bound. */
export const policyStatement = (address: string): Statement => statement(address, POLICY_MAC, 'VLAN.13');

/** The policies of the switches of the sequences: port security off takes all bindings, a further address is one more. */
export function carrierOver(held: (port: PortName) => readonly Statement[]): PolicyCarrier {
  return {
    facts: () => ({}),
    enforcement: (port) => held(port).filter(({ ip }) => ip === undefined),
    carryOut: (_port, { policy, natural }) => {
      const isOff = policy.portSecurity?.value === 'off';
      const addresses = policy.allowedAddressPairs?.value.map(({ address }) => address) ?? [];
      return {
        enforcement: isOff ? [...natural.filter(({ key }) => key !== SECURITY_OFF.key), SECURITY_OFF] : natural,
        bindings: isOff ? [] : addresses.map(policyStatement),
        excluded: [],
        ...(isOff ? { suspends: { by: SECURITY_OFF.key } } : {}),
        refused: [],
        remarks: [],
      };
    },
  };
}
