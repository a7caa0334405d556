import type { NeutronRefusal } from '../../clients/openstack/failure';
import type { ErrorCode } from '../../domain/errors';
import type { RefusedPort } from '../device';

interface Known {
  /** What happened and what to do, in one sentence. */
  readonly says: string;
  readonly code?: ErrorCode;
}

const RACE =
  'somebody else wrote to the port at the same moment, so what was sent no longer fits; it is planned again from a new reading';

/** What Neutron refuses by its own types (notes on Neutron: decide by the type, never by the message). */
const KNOWN: Readonly<Record<string, Known>> = {
  PolicyNotAuthorized: {
    says: "the login may not change this port: on a network of another project only an administrator may; take a login of the network's project, or let the cloud's policy allow it",
    code: 'device-permission',
  },
  PortNotFound: { says: 'the port is gone, or the login may not see it any more; link the server to its present port' },
  SecurityGroupNotFound: {
    says: 'a security group was deleted meanwhile, or is of another project; name a group that `openstack security group list` shows',
  },
  AllowedAddressPairExhausted: {
    says: 'the cloud takes fewer pairs than `maxPairs` of its project says; correct that, or let the cloud raise `max_allowed_address_pair`',
  },
  InvalidVirtualMACAddress: {
    says: "OVN takes pairs with the port's own MAC or one of VRRP only; name another MAC in the policy, or none",
  },
  DuplicateAddressPairInRequest: {
    says: 'one pair is named twice in different spellings by somebody else; remove one of them',
  },
  PortSecurityPortHasSecurityGroup: { says: RACE, code: 'device-conflict' },
  AddressPairAndPortSecurityRequired: { says: RACE, code: 'device-conflict' },
  PortSecurityAndIPRequiredForSecurityGroups: {
    says: 'security groups need port security and a fixed address; give the port an address, or no groups',
  },
};

/** A port that Neutron refuses: a plain sentence with what to do, and Neutron's own type and words. */
export function refusedBy(port: RefusedPort['port'], { type, message }: NeutronRefusal): RefusedPort {
  const known = KNOWN[type];
  const own = `${type}: ${message}`;
  if (known === undefined) return { port, message: own };
  return {
    port,
    message: `${port}: ${known.says} (${own})`,
    ...(known.code === undefined ? {} : { code: known.code }),
  };
}
