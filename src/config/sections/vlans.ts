import { z } from 'zod';
import { prefixLength, tryParseCidr, type Cidr } from '../../domain/values/ip';
import {
  parseVlanAllowlist,
  parseVlanId,
  vlanAllowed,
  type VlanAllowlist,
  type VlanId,
} from '../../domain/values/vlan';
import { parsedText, whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';

/** VLAN rules. */
export interface VlanSettings {
  readonly allowlist: VlanAllowlist;
  readonly nameTemplate: string;
  /** Longest range first, so the first hit wins. */
  readonly map: readonly { readonly range: Cidr; readonly vlan: VlanId }[];
}

const schema = z
  .strictObject({
    allowlist: parsedText(parseVlanAllowlist, {
      description:
        'VLAN ids that are automated, comma-separated, such as `13,100,200`. Empty: every VLAN is permitted.',
    }).prefault(''),
    nameTemplate: z
      .string()
      .regex(/^[A-Za-z0-9._-]*\{id\}[A-Za-z0-9._-]*$/, {
        error: 'must contain {id}, otherwise only letters, digits, dots, hyphens and underscores',
      })
      .default('VLAN.{id}')
      .meta({ description: 'Name of a VLAN when the switch has none with that id.' }),
    map: z
      .record(z.string(), whole(1, 4094, { description: 'VLAN id.' }))
      .default({})
      .meta({ description: 'Address range → VLAN id. Wins over what the panel says; the longest range wins.' }),
  })
  .meta({ description: 'Which VLAN an address belongs to, and which VLANs are automated.' });

/** The section `vlans`. */
export const vlansSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: (file, _variables, context) => build(file, context),
});

function build(file: z.output<typeof schema>, context: SectionContext): VlanSettings {
  const seen = new Set<Cidr>();
  const map: { range: Cidr; vlan: VlanId }[] = [];
  for (const [text, id] of Object.entries(file.map)) {
    const path = ['map', text];
    try {
      const range = parseExactCidr(text);
      if (seen.has(range)) context.problem(path, `is the range ${range} again`);
      seen.add(range);
      map.push({ range, vlan: parseVlanId(id) });
    } catch (error) {
      context.problem(path, error instanceof Error ? error.message : 'is invalid');
    }
  }
  for (const { range, vlan } of map) {
    if (vlanAllowed(file.allowlist, vlan)) continue;
    context.warn(
      `vlans.map puts ${range} into VLAN ${vlan}, which vlans.allowlist does not permit: its addresses are left out`,
    );
  }
  map.sort((a, b) => prefixLength(b.range) - prefixLength(a.range));
  return { allowlist: file.allowlist, nameTemplate: file.nameTemplate, map };
}

/** Reads a range and refuses host bits, which would hide a typing error. @throws RangeError naming the rule. */
function parseExactCidr(text: string): Cidr {
  const cidr = tryParseCidr(text);
  if (cidr === undefined) throw new RangeError('must be an address range such as 10.0.48.0/24 or 2001:db8::/64');
  const asHost = tryParseCidr(`${text.trim().replace(/\/.*$/, '')}/${cidr.includes(':') ? 128 : 32}`);
  if (asHost?.split('/')[0] !== cidr.split('/')[0]) throw new RangeError(`has host bits set; the range is ${cidr}`);
  return cidr;
}
