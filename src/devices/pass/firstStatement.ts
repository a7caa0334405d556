import type { Exclusion } from '../../domain/change/outcome';
import type { Binding } from '../../domain/desired/binding';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState } from '../device';

const SHOWN = 3;

/**
 * The first statement of a port that lets everything through shuts out all else. It is not begun while an address of
 * the port is in doubt: what nobody knows for certain would be taken away by it.
 * @param doubts addresses that may be in use behind the port, and that would not get a statement now.
 */
export function beforeFirst(
  port: PortName,
  fitting: readonly Binding[],
  doubts: readonly (IpAddress | Exclusion)[],
  state: Pick<DeviceState, 'isOpen'>,
): { readonly fitting: readonly Binding[]; readonly excluded: readonly Exclusion[] } {
  const wanted = new Set(fitting.map(({ ip }) => ip));
  const open = new Set(
    doubts.map((doubt) => (typeof doubt === 'string' ? doubt : doubt.ip)).filter((ip) => !wanted.has(ip)),
  );
  if (fitting.length === 0 || open.size === 0 || state.isOpen?.(port) !== true) return { fitting, excluded: [] };
  const shown = [...open].slice(0, SHOWN).join(', ');
  const more = open.size > SHOWN ? ` and ${open.size - SHOWN} more` : '';
  const message = `${port} lets everything through; its first filter would shut out ${shown}${more}, of which nothing is certain now, so none is begun`;
  return { fitting: [], excluded: fitting.map(({ ip }) => ({ ip, rule: 'first-statement', message })) };
}
