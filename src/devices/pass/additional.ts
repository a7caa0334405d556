import type { Exclusion } from '../../domain/change/outcome';
import type { Statement } from '../../domain/change/statement';
import { judgeAdditional, type AdditionalAddress } from '../../domain/desired/additionalAddress';
import { holderKey, NEW_VIRTUAL_MAC } from '../../domain/desired/virtualMac';
import type { IpAddress } from '../../domain/values/ip';
import type { DeviceState } from '../device';
import type { PortTarget, PreviewRequest } from './request';

/** A target in which everything is decided, with what was left out. */
export interface SettledTarget {
  readonly target: PortTarget;
  readonly excluded: readonly Exclusion[];
  /** Addresses that would get a new virtual MAC. */
  readonly newVirtualMacs: readonly IpAddress[];
}

/** Decides how the further addresses of a target are bound, by what its port has. */
export function settleAdditional(
  target: PortTarget,
  present: readonly Statement[],
  virtualMacs: PreviewRequest['virtualMacs'],
): SettledTarget {
  const desired = [...target.desired];
  const excluded: Exclusion[] = [];
  const newVirtualMacs: IpAddress[] = [];
  const takenAway: IpAddress[] = [];
  for (const address of target.additional ?? []) {
    const verdict = judgeAdditional(address, present);
    if (verdict.kind === 'own-mac') desired.push(verdict.binding);
    else if (verdict.kind === 'virtual-mac') {
      const { ip, vlan } = address;
      const mac = virtualMacs?.get(holderKey(address));
      desired.push({ ip, mac: mac ?? NEW_VIRTUAL_MAC, vlan });
      if (mac === undefined) newVirtualMacs.push(ip);
    } else {
      excluded.push(verdict.exclusion);
      if (verdict.isTakenAway) takenAway.push(address.ip);
    }
  }
  const { removals } = target;
  return {
    target: { ...target, desired, removals: { ...removals, named: [...removals.named, ...takenAway] } },
    excluded,
    newVirtualMacs,
  };
}

/** The further addresses of some targets that need a virtual MAC. */
export function withoutVirtualMac(
  targets: readonly PortTarget[],
  state: Pick<DeviceState, 'effectivePort' | 'statements'>,
): readonly AdditionalAddress[] {
  return targets.flatMap(({ port, additional = [] }) =>
    additional.length === 0
      ? []
      : additional.filter(
          (address) => judgeAdditional(address, state.statements(state.effectivePort(port))).kind === 'virtual-mac',
        ),
  );
}
