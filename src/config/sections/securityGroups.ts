import { z } from 'zod';
import type { PortRange, RuleRemote, SecurityGroups, SecurityRule } from '../../domain/policies/securityGroup';
import { ipVersion, isRange, parseIpOrRange, type IpOrRange } from '../../domain/values/ip';
import { parsedText } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';

const PORTS = 'must be a port from 1 to 65535, or a range of them such as 8000-8099';
const GROUP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const onePort = z
  .int()
  .min(1, { error: PORTS })
  .max(65_535, { error: PORTS })
  .transform((port): PortRange => ({ from: port, to: port }));

const rule = z
  .strictObject({
    direction: z
      .enum(['ingress', 'egress'])
      .meta({ description: 'Seen from the server: `ingress` is what comes to it, `egress` what it sends.' }),
    protocol: z.enum(['tcp', 'udp', 'icmp', 'any']).meta({ description: 'Protocol; `icmp` is ICMPv6 with IPv6.' }),
    ports: z
      .union([onePort, parsedText(parsePorts, { description: '`22` or `8000-8099`' })])
      .optional()
      .meta({
        description: 'Ports of the side that is called, `22` or `8000-8099`; with tcp and udp only.',
        whenAbsent: 'all',
      }),
    remote: parsedText(parseIpOrRange, { description: 'Address or range.' })
      .optional()
      .meta({ description: 'The other side: an address or a range.', whenAbsent: 'anybody' }),
    remoteGroup: z.string().regex(GROUP_NAME, { error: 'must be the name of a group' }).optional().meta({
      description: 'The other side: the addresses of all ports that have this group by a policy, of whatever device.',
      whenAbsent: 'none',
    }),
    family: z
      .enum(['ipv4', 'ipv6'])
      .optional()
      .meta({ description: 'Address family.', whenAbsent: "the remote's, else both" }),
  })
  .meta({ description: 'One thing that the group lets through. What no rule lets through is dropped.' });

const group = z
  .strictObject({ rules: z.array(rule).default([]).meta({ description: 'What it lets through, in any order.' }) })
  .meta({ description: 'One group.' });

const schema = z.record(z.string(), group).default({}).meta({
  description:
    "Security groups for switch ports, which have none of their own: name → rules. They count on switches with `policies.securityGroups: firewall-filter`; groups of clouds are the clouds' own.",
  key: 'group',
});

type File = z.output<typeof schema>;

/** The section `securityGroups`. */
export const securityGroupsSection = defineSection({
  schema,
  readVariables: noVariables,
  build: (file, _variables, context): SecurityGroups => {
    const groups = new Map<string, readonly SecurityRule[]>();
    for (const [name, { rules }] of Object.entries(file)) {
      if (!GROUP_NAME.test(name))
        context.problem([name], 'must be a name of letters, digits, dots, hyphens and underscores');
      groups.set(
        name,
        rules.map((one, index) => buildRule(one, Object.keys(file), [name, 'rules', index], context)),
      );
    }
    return groups;
  },
});

function buildRule(
  { direction, protocol, ports, remote, remoteGroup, family: named }: File[string]['rules'][number],
  groups: readonly string[],
  path: readonly (string | number)[],
  context: SectionContext,
): SecurityRule {
  const family = named === undefined ? undefined : named === 'ipv4' ? 4 : 6;
  if (ports !== undefined && protocol !== 'tcp' && protocol !== 'udp')
    context.problem([...path, 'ports'], `cannot be with protocol ${protocol}, which has no ports`);
  if (remote !== undefined && remoteGroup !== undefined)
    context.problem([...path, 'remoteGroup'], 'cannot be beside remote: the other side is one of the two');
  if (remoteGroup !== undefined && !groups.includes(remoteGroup))
    context.problem([...path, 'remoteGroup'], 'names a group that is not defined here');
  if (remote !== undefined && family !== undefined && versionOf(remote) !== family)
    context.problem([...path, 'family'], 'is not the family of the remote');
  const side = remoteOf(remote, remoteGroup);
  return {
    direction,
    protocol,
    ...(ports === undefined ? {} : { ports }),
    ...(side === undefined ? {} : { remote: side }),
    ...(family === undefined ? {} : { family }),
  };
}

function remoteOf(range: IpOrRange | undefined, group: string | undefined): RuleRemote | undefined {
  if (range !== undefined) return { kind: 'range', range };
  return group === undefined ? undefined : { kind: 'group', group };
}

function versionOf(remote: IpOrRange): 4 | 6 {
  return isRange(remote) ? (remote.includes(':') ? 6 : 4) : ipVersion(remote);
}

/** @throws RangeError naming the rule. */
function parsePorts(text: string): PortRange {
  const [, first = '', last = first] = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || from < 1 || to > 65_535 || from > to) throw new RangeError(PORTS);
  return { from, to };
}
