import type { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import type { PortConvergence } from '../../../src/devices/pass/convergence';
import { converge } from '../../../src/devices/pass/converge';
import { preview, type PortPreview } from '../../../src/devices/pass/preview';
import type { PoliciesOfDevice, PortTarget, ConvergeContext } from '../../../src/devices/pass/request';
import type { Statement } from '../../../src/domain/change/statement';
import { parseAddressPair } from '../../../src/domain/policies/addressPair';
import type { PortPolicy } from '../../../src/domain/policies/policy';
import type { PortMemory } from '../../../src/domain/policies/portMemory';
import { parseIp } from '../../../src/domain/values/ip';
import { parseMac } from '../../../src/domain/values/mac';
import type { PortName } from '../../../src/domain/values/port';
import { NO_VLAN } from '../../../src/domain/values/vlan';
import { outcomeOf, recordingContext, request, target } from '../support';

/** A port as the cloud shows it to somebody else. */
export interface ShownPort {
  readonly id: string;
  readonly mac_address: string;
  readonly port_security_enabled: boolean;
  readonly security_groups: readonly string[];
  readonly allowed_address_pairs: readonly { readonly ip_address: string; readonly mac_address: string }[];
  readonly revision_number: number;
}

/** A cloud in which policies are tried: the fake one, or a real one. Three ports, two of them of one machine. */
export interface PolicyCloud {
  readonly device: NeutronDevice;
  readonly ports: readonly [PortName, PortName, PortName];
  /** Whole, as an independent client reads it. */
  show(port: PortName): Promise<ShownPort>;
  /** As an independent client writes it. */
  write(port: PortName, attributes: object): Promise<void>;
  makeGroup(name: string): Promise<string>;
  dropGroup(id: string): Promise<void>;
  stop(): Promise<void>;
}

const NOW = new Date('2026-11-29T12:00:00Z');

/** A policy in the words of a test. */
export interface PolicyWords {
  readonly security?: 'on' | 'off';
  readonly pairs?: readonly (string | { readonly address: string; readonly mac: string })[];
  readonly groups?: readonly string[];
  readonly exclusive?: boolean;
  readonly takenAddresses?: boolean;
  readonly expiresAt?: Date;
}

/** Ports of a cloud, brought to what policies and sources want by passes that remember as the product does. */
export class PolicyBench {
  readonly memories = new Map<PortName, PortMemory>();
  policies: PortPolicy[] = [];
  now = NOW;
  /** Nothing more is remembered once a change was made. */
  losesMemory = false;

  constructor(readonly cloud: PolicyCloud) {}

  /** The port's policy is these words from now on; without any it has none. */
  say(port: PortName, words: PolicyWords | undefined): void {
    const others = this.policies.filter(({ scope }) => scope.kind !== 'port' || scope.port !== port);
    this.policies = words === undefined ? others : [...others, this.policy(port, words)];
  }

  policy(port: PortName, { security, pairs, groups, ...more }: PolicyWords): PortPolicy {
    return {
      scope: { kind: 'port', device: this.cloud.device.id, port },
      reason: 'test',
      author: 'ada',
      createdAt: NOW,
      ...(security === undefined ? {} : { portSecurity: security }),
      ...(pairs === undefined
        ? {}
        : {
            allowedAddressPairs: pairs.map((pair) =>
              parseAddressPair(typeof pair === 'string' ? { address: pair } : pair),
            ),
          }),
      ...(groups === undefined ? {} : { securityGroups: groups }),
      ...more,
    };
  }

  async target(port: PortName, ips: readonly string[] = [], more: Partial<PortTarget> = {}): Promise<PortTarget> {
    const { mac_address } = await this.cloud.show(port);
    const desired = ips.map((ip) => ({ ip: parseIp(ip), mac: parseMac(mac_address), vlan: NO_VLAN }));
    return target(port, desired, { removals: { named: [], absent: [] }, ...more });
  }

  /** One pass over a port. @param ips what the panel gives it. */
  async pass(
    port: PortName,
    ips: readonly string[] = [],
    more: Partial<PortTarget> = {},
    context: Partial<ConvergeContext> = {},
  ): Promise<PortConvergence> {
    const asked = request([await this.target(port, ips, more)], this.asked());
    return outcomeOf(await converge(this.cloud.device, asked, this.context(context)), port);
  }

  async preview(
    port: PortName,
    ips: readonly string[] = [],
  ): Promise<PortPreview & { readonly notes: readonly string[] }> {
    const state = await this.cloud.device.readState(new AbortController().signal, { withPolicies: true });
    const shown = preview(state, request([await this.target(port, ips)], this.asked()), []);
    const [found] = shown.ports;
    if (found === undefined) throw new Error('nothing was shown');
    return { ...found, notes: shown.notes };
  }

  context(more: Partial<ConvergeContext> = {}): ConvergeContext {
    let times = 0;
    return recordingContext({
      onRemember: (changes) => {
        times += 1;
        if (this.losesMemory && times > 1) return Promise.reject(new Error('the store is away'));
        // As a database does: only what can be written as text comes back.
        for (const { port, memory } of changes)
          if (memory === undefined) this.memories.delete(port);
          else this.memories.set(port, JSON.parse(JSON.stringify(memory)) as PortMemory);
        return Promise.resolve();
      },
      ...more,
    });
  }

  /** What a request says of policies. */
  asked(): { readonly policies: PoliciesOfDevice } {
    return { policies: this.given() };
  }

  private given(): PoliciesOfDevice {
    return { device: this.cloud.device.id, policies: this.policies, at: this.now, memories: new Map(this.memories) };
  }
}

/** What a port has, in short: `on` or `off`, its groups, its pairs, all sorted. */
export async function stateOf(
  cloud: Pick<PolicyCloud, 'show'>,
  port: PortName,
): Promise<{ readonly security: 'on' | 'off'; readonly groups: readonly string[]; readonly pairs: readonly string[] }> {
  const { port_security_enabled, security_groups, allowed_address_pairs, mac_address } = await cloud.show(port);
  return {
    security: port_security_enabled ? 'on' : 'off',
    groups: [...security_groups].sort(),
    pairs: allowed_address_pairs
      .map(({ ip_address, mac_address: mac }) => (mac === mac_address ? ip_address : `${ip_address} ${mac}`))
      .sort(),
  };
}

export const texts = (statements: readonly Statement[]): readonly string[] => statements.map(({ text }) => text);
