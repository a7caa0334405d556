import type { Knob } from './dialects/dialect';
import type { PortWork } from './planning';
import type { SwitchState } from './switchState';

/** What an operator should know about the switch's settings around the ports that are about to change. */
export function knobNotes(state: SwitchState, work: readonly PortWork[]): readonly string[] {
  const { knobs, interfaces } = state.bindings;
  const has = (kind: Knob['kind'], subject: string): boolean => knobs.some((knob) => knob.kind === kind && knob.subject === subject);
  const notes = new Set<string>();
  const all = knobs.find((knob) => knob.kind === 'interface-all');
  for (const { port, plan, verdict } of work) {
    if (verdict.kind !== 'change') continue;
    for (const { vlanName } of plan.add) {
      const filtered = ['ip-source-guard', 'arp-inspection'].some((kind) => has(kind as Knob['kind'], vlanName) || has(kind as Knob['kind'], 'all'));
      if (!filtered) notes.add(`VLAN ${vlanName} has neither ip-source-guard nor arp-inspection: its bindings filter nothing yet`);
      if (state.dialect.name === 'dhcp-security' && !has('dhcp-snooping', vlanName)) {
        notes.add(`VLAN ${vlanName} gets its first dhcp-security statement, which turns DHCP snooping on for it`);
      }
    }
    const node = interfaces.find((candidate) => candidate.ports.includes(port) && candidate.active);
    if (node?.settings.includes('dhcp-trusted') === true) notes.add(`${port} is dhcp-trusted: source guard does not filter it`);
    if (all !== undefined && all.statement !== 'interface all' && node === undefined && plan.add.length > 0) {
      notes.add(`${port} gets its first own statement, so \`${all.statement}\` no longer applies to it`);
    }
  }
  return [...notes];
}
