import { InvalidArgumentError, Option, type Command } from 'commander';
import { PortwardenError } from '../domain/errors';
import type { ApiOptions } from './apiOptions';
import { expiryOf, type DecisionOptions } from './decisionOptions';

/** Whose ports a policy is for. */
export interface ScopeOptions {
  readonly device?: string;
  readonly port?: string;
  readonly server?: string;
  readonly network?: string;
}

/** What a policy says; commander gives `false` for a `--no-…`. */
export interface PolicyOptions {
  readonly portSecurity?: 'on' | 'off';
  readonly allowedAddress?: readonly string[] | false;
  readonly securityGroup?: readonly string[] | false;
  readonly exclusive?: boolean;
  readonly wideRanges?: boolean;
  readonly takenAddresses?: boolean;
  readonly as?: string;
}

/** Options of the commands that change a policy. */
export type ChangeOptions = ApiOptions &
  DecisionOptions &
  ScopeOptions &
  PolicyOptions & {
    readonly ifVersion?: string;
    readonly idempotencyKey?: string;
    readonly wait: boolean;
    readonly preview?: boolean;
  };

/** `--device`, `--port`, `--server` and `--network`. */
export function addScopeOptions(command: Command): Command {
  return command
    .option(
      '--device <device>',
      'ports of this device, such as junos:3 or neutron:lab: all, or with --port or --network',
    )
    .option('--port <port>', 'this port of --device, such as ge-0/0/1.0')
    .option('--server <id>', "the ports of this server, by the panel's number")
    .option('--network <network>', 'the ports in this network of --device');
}

/** What a policy says. */
export function addPolicyOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--port-security <state>', 'whether only its own and its further addresses pass').choices([
        'on',
        'off',
      ]),
    )
    .option(
      '--allowed-address <pair>',
      'ip-address=<address or range>[,mac-address=<mac>][,vlan=<id>], or an address alone: a further address; may be repeated',
      collected,
    )
    .option('--no-allowed-address', 'no further addresses')
    .option('--security-group <id>', 'a security group by its id; may be repeated', collected)
    .option('--no-security-group', 'no security groups')
    .option('--exclusive', 'what no policy and no server stands for is taken away, of the lists that are named')
    .option('--wide-ranges', 'ranges wider than /24 or /64 are meant')
    .option('--taken-addresses', 'addresses that a gateway or another port has are meant')
    .addOption(
      new Option('--as <reading>', 'how an address with host bits, such as 10.10.10.11/24, is meant').choices([
        'host',
        'network',
      ]),
    );
}

/** The scope as the API takes it. @throws PortwardenError `invalid-request`. */
export function scopeBody({ device, port, server, network }: ScopeOptions): Readonly<Record<string, string>> {
  if (device === undefined && server === undefined)
    throw new PortwardenError(
      'invalid-request',
      'say whose ports: --server, or --device, perhaps with --port or --network',
    );
  return defined({ device, port, server, network });
}

/** The policy as the API takes it. @throws PortwardenError `invalid-request`. */
export function policyBody(options: ChangeOptions, now: Date): Readonly<Record<string, unknown>> {
  const { portSecurity, allowedAddress, securityGroup, exclusive, wideRanges, takenAddresses, as, expires } = options;
  return defined({
    portSecurity,
    allowedAddressPairs: listOf(allowedAddress)?.map(pairOf),
    securityGroups: listOf(securityGroup),
    ...{ exclusive, wideRanges, takenAddresses, as },
    expiresAt: expiryOf(expires, now),
  });
}

/** `false` is the empty list; the two may stand in any order. */
function listOf(given: readonly string[] | false | undefined): readonly string[] | undefined {
  return given === false ? [] : given;
}

/** Reads what `openstack port set --allowed-address` takes, an address alone, and the VLAN where ports have several. */
function pairOf(text: string): { readonly address: string; readonly mac?: string; readonly vlan?: string } {
  if (!text.includes('=')) return { address: text };
  const parts = new Map(
    text.split(',').map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name.trim(), value.join('=').trim()] as const;
    }),
  );
  const address = parts.get('ip-address');
  const mac = parts.get('mac-address');
  const vlan = parts.get('vlan');
  const unknown = [...parts.keys()].find((name) => !['ip-address', 'mac-address', 'vlan'].includes(name));
  if (address === undefined || unknown !== undefined)
    throw new PortwardenError(
      'invalid-request',
      `--allowed-address ${text}: it must be ip-address=<address or range>[,mac-address=<mac>][,vlan=<id>]`,
    );
  return { address, ...(mac === undefined ? {} : { mac }), ...(vlan === undefined ? {} : { vlan }) };
}

function collected(value: string, before: unknown): readonly string[] {
  if (value.trim() === '') throw new InvalidArgumentError('must not be empty');
  return [...(Array.isArray(before) ? (before as string[]) : []), value];
}

function defined<Value>(fields: Readonly<Record<string, Value | undefined>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
