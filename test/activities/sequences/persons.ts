import { scopeKey } from '../../../src/domain/policies/policy';
import type { NewPolicy } from '../../../src/domain/policies/storedPolicy';
import type { ChangePolicyInput } from '../../../src/protocol/policies';
import { policyStatement } from './portSecurity';

/** Whether something is so: for all that the judge knows, or only if a server is where it once was. */
export type Certainty = 'for certain' | 'perhaps';

/** What persons decided at the site of the sequences. */
export class Persons {
  /** By scope: the policy without an end, and the one with an end that lies over it. */
  private readonly policies = new Map<string, { lasting?: NewPolicy; passing?: NewPolicy }>();
  /** Statements that policies ever asked for, by their keys. */
  private readonly ofPolicies = new Set<string>();
  /** `SERVER ADDRESS` that persons gave a virtual MAC, or took one from. */
  private readonly given = new Set<string>();
  /** Virtual MACs that persons took away. */
  private readonly revokedMacs = new Set<string>();
  /** `PORT KEY` that persons let go. */
  private readonly let = new Set<string>();

  /** @param isPlace whether a server is, or was, at a port. */
  constructor(private readonly isPlace: (serverId: number, port: string) => boolean) {}

  /** Statements of a port may go. */
  approved(port: string, keys: readonly string[]): void {
    for (const key of keys) this.let.add(`${port} ${key}`);
  }

  /** An address gets a virtual MAC: what it is bound to may be replaced by that. */
  gave(id: number, address: string): void {
    this.given.add(`${id} ${address}`);
  }

  /** A virtual MAC goes: its address is a new one. */
  revoked(mac: string, id: number, address: string): void {
    this.revokedMacs.add(mac);
    this.gave(id, address);
  }

  /** Ports are overridden, or are no more. */
  changedPolicy(change: ChangePolicyInput): void {
    const scope = change.change === 'unset' ? change.scope : change.policy.scope;
    const { lasting, passing } = this.policies.get(scopeKey(scope)) ?? {};
    const isOver = passing !== undefined && isInForce(passing);
    if (change.change === 'unset')
      this.policies.set(scopeKey(scope), isOver && lasting !== undefined ? { lasting } : {});
    else {
      const { policy } = change;
      const below = lasting === undefined ? {} : { lasting };
      this.policies.set(
        scopeKey(scope),
        policy.expiresAt === undefined ? { lasting: policy } : { ...below, passing: policy },
      );
      for (const { address } of change.policy.allowedAddressPairs ?? [])
        this.ofPolicies.add(policyStatement(address).key);
    }
  }

  letGo(port: string, { key, mac }: { readonly key: string; readonly mac?: string }): boolean {
    return this.let.has(`${port} ${key}`) || this.tookAway(mac);
  }

  /** Whether a MAC is a virtual one that a person took away. */
  tookAway(mac: string | undefined): boolean {
    return mac !== undefined && this.revokedMacs.has(mac);
  }

  /** Whether the address was given a virtual MAC, or another one after one was taken away. */
  wanted(id: number, address: string): boolean {
    return this.given.has(`${id} ${address}`);
  }

  isOff(port: string): Certainty | 'not' {
    const isOff = ({ portSecurity }: NewPolicy): boolean => portSecurity === 'off';
    if (this.policiesOf(port, 'for certain').some(isOff)) return 'for certain';
    return this.policiesOf(port, 'perhaps').some(isOff) ? 'perhaps' : 'not';
  }

  /** Whether only policies ever asked for a statement, and whether one of the port does so now. */
  policyOf(port: string, key: string): Certainty | 'none now' | 'never' {
    if (!this.ofPolicies.has(key)) return 'never';
    if (this.isAsked(port, key, 'for certain')) return 'for certain';
    return this.isAsked(port, key, 'perhaps') ? 'perhaps' : 'none now';
  }

  private isAsked(port: string, key: string, how: Certainty): boolean {
    return this.policiesOf(port, how).some(({ allowedAddressPairs = [] }) =>
      allowedAddressPairs.some(({ address }) => policyStatement(address).key === key),
    );
  }

  /** Those in force: of the port itself for certain, of its servers as far as they are there. */
  private policiesOf(port: string, how: Certainty): readonly NewPolicy[] {
    const inForce = [...this.policies.values()].flatMap(({ lasting, passing }) =>
      passing !== undefined && isInForce(passing) ? [passing] : (lasting ?? []),
    );
    return inForce.filter(({ scope }) => {
      if (scope.kind === 'port') return `${scope.device} ${scope.port}` === port;
      return how === 'perhaps' && scope.kind === 'server' && this.isPlace(scope.serverId, port);
    });
  }
}

function isInForce({ expiresAt }: NewPolicy): boolean {
  return expiresAt === undefined || Date.parse(expiresAt) > Date.now();
}
