/** An IEEE 802.1Q VLAN id that may carry traffic: 1 to 4094. */
export type VlanId = number & { readonly __brand: 'VlanId' };

/** Where a binding stands at a port of a kind that knows no VLANs: no VLAN id, and in no allowlist. */
export const NO_VLAN = 0 as VlanId;

/** How a sentence names a VLAN after what is in it; nothing where there are none. */
export function inVlan(vlan: VlanId): string {
  return vlan === NO_VLAN ? '' : ` in VLAN ${vlan}`;
}

/** @returns undefined when the value is not an integer from 1 to 4094. */
export function tryParseVlanId(value: number | string): VlanId | undefined {
  if (typeof value === 'string' && !/^\d{1,4}$/.test(value.trim())) return undefined;
  const id = Number(value);
  return Number.isInteger(id) && id >= 1 && id <= 4094 ? (id as VlanId) : undefined;
}

/** Like {@link tryParseVlanId}; throws a RangeError naming the rule. */
export function parseVlanId(value: number | string): VlanId {
  const id = tryParseVlanId(value);
  if (id === undefined) throw new RangeError('must be a VLAN id from 1 to 4094');
  return id;
}

/** VLAN ids that may be automated; an empty list permits every VLAN. */
export type VlanAllowlist = readonly VlanId[];

/** Reads the operator's comma-separated list (`13,100,200`); blanks are ignored, anything else is a RangeError. */
export function parseVlanAllowlist(text: string): VlanAllowlist {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return [...new Set(parts.map(parseVlanId))].sort((a, b) => a - b);
}

/** Whether bindings in this VLAN may be pushed. */
export function vlanAllowed(allowlist: VlanAllowlist, vlan: VlanId): boolean {
  return allowlist.length === 0 || allowlist.includes(vlan);
}

/** Fills the `{id}` of a VLAN name template such as `VLAN.{id}`. */
export function vlanNameFromTemplate(template: string, vlan: VlanId): string {
  return template.replaceAll('{id}', String(vlan));
}
