import type { PortPlan } from '../../domain/change/plan';
import { applyPlan } from '../../domain/change/plan';
import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { PortwardenError } from '../../domain/errors';
import { ipVersion } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, Translation } from '../device';
import { whatIsLeft, whyNotEnforced } from './enforcement';
import { COMMENT, keyOf, statementOfAddress, statementsOf, type SetEntry } from './entries';
import { filterSet, nicOfPort, nicPort, portName, unfinishedSet } from './naming';
import type { ClusterFilters, GuestFilters } from './reading';

/** A NIC's filter, with the guest that it is of. */
export interface NicFilter {
  readonly filters: GuestFilters;
  readonly nic: number;
  /** Undefined: the NIC has no set. */
  readonly entries: readonly SetEntry[] | undefined;
}

/** The filters of a cluster's guests at one moment. */
export class FilterState implements DeviceState {
  /** A few requests of some ten milliseconds each. */
  readonly assumedCommitSeconds = 1;

  constructor(private readonly read: ClusterFilters) {}

  /** The filter of a port; undefined when there is no such guest, or the token may not see it. */
  filter(port: PortName): NicFilter | undefined {
    const name = nicOfPort(port);
    const filters = name === undefined ? undefined : this.read.guests.get(name.vmid);
    if (name === undefined || filters === undefined) return undefined;
    return { filters, nic: name.nic, entries: filters.sets.get(name.nic) };
  }

  /** The sets that were read, for a backup. */
  all(): readonly object[] {
    return [...this.read.guests.values()].map(({ guest: { vmid, type }, sets }) => ({
      vmid,
      type,
      sets: Object.fromEntries([...sets].map(([nic, entries]) => [filterSet(nic), entries.map(withoutDigest)])),
    }));
  }

  effectivePort(port: PortName): PortName {
    return portName(port);
  }

  boundPorts(): readonly PortName[] {
    return [...this.read.guests.values()].flatMap(({ guest: { vmid }, sets }) =>
      [...sets].filter(([, entries]) => entries.length > 0).map(([nic]) => nicPort({ vmid, nic })),
    );
  }

  statements(port: PortName): readonly Statement[] {
    const { entries = [], nic = 0 } = this.filter(port) ?? {};
    return statementsOf(entries, filterSet(nic));
  }

  /** A set has addresses and nothing else: the MAC is the NIC's own, and so is the VLAN. */
  translate(port: PortName, desired: readonly Binding[]): Translation {
    const set = filterSet(nicOfPort(port)?.nic ?? 0);
    return { statements: desired.map(({ ip }) => statementOfAddress(ip, set)), excluded: [] };
  }

  refusal({ port, add }: PortPlan): PortwardenError | undefined {
    const found = this.filter(port);
    if (found === undefined)
      return new PortwardenError(
        'device-rejected',
        `There is no ${port} in the cluster, or the token may not see the guest`,
      );
    const { settings } = found.filters;
    if ('unread' in settings) return settings.unread;
    if (add.length === 0 || settings.nics.has(found.nic)) return undefined;
    return new PortwardenError('device-rejected', `The guest has no net${found.nic}`);
  }

  commands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => {
      const { port, add, remove } = plan;
      const { base, set, isOpen } = this.pathOf(port);
      const build = isOpen ? `${base}/${unfinishedSet(nicOfPort(port)?.nic ?? 0)}` : `${base}/${set}`;
      const added = add.map(({ key }) => `pvesh create ${build} --cidr ${key} --comment ${COMMENT}`);
      if (add.length > 0 && isOpen) {
        const name = unfinishedSet(nicOfPort(port)?.nic ?? 0);
        return [
          `pvesh create ${base} --name ${name} --comment ${COMMENT}`,
          ...added,
          `pvesh create ${base} --name ${set} --rename ${name}`,
        ];
      }
      return [...added, ...remove.map((one) => `pvesh delete ${base}/${set}/${this.spelled(port, one)}`)];
    });
  }

  replaceCommands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => {
      const { base, set, isOpen } = this.pathOf(plan.port);
      if (isOpen) return this.commands([plan]);
      return [
        ...this.statements(plan.port).map((one) => `pvesh delete ${base}/${set}/${this.spelled(plan.port, one)}`),
        ...applyPlan(this.statements(plan.port), plan).map(
          ({ key }) => `pvesh create ${base}/${set} --cidr ${key} --comment ${COMMENT}`,
        ),
      ];
    });
  }

  notes(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => {
      const { port } = plan;
      const after = applyPlan(this.statements(port), plan);
      const isFirst = this.isOpen(port) && plan.add.length > 0;
      const versions = new Set(after.flatMap(({ ip }) => (ip === undefined ? [] : ipVersion(ip))));
      return [
        ...(isFirst ? [`${port} gets its first filter: from then on it may send from these addresses alone`] : []),
        ...(isFirst && !versions.has(6)
          ? [`${port} gets no IPv6 address: of IPv6 only the link-local address of its MAC is let through then`]
          : []),
        ...(after.length === 0 ? [`${port} keeps an empty filter: it may send from no address`] : []),
      ];
    });
  }

  commitsFor(plans: readonly PortPlan[]): number {
    return plans.length;
  }

  /** A NIC without a set is filtered only when the guest's option `ipfilter` makes an empty one for it. */
  isOpen(port: PortName): boolean {
    const found = this.filter(port);
    if (found === undefined || found.entries !== undefined) return false;
    const { settings } = found.filters;
    return 'unread' in settings || settings.options.ipfilter !== true;
  }

  remarks(port: PortName): readonly string[] {
    const found = this.filter(port);
    if (found === undefined) return [];
    const { settings } = found.filters;
    if ('unread' in settings) return [`it is not known whether Proxmox enforces it: ${settings.unread.message}`];
    if (found.entries === undefined && !settings.nics.has(found.nic)) return [];
    const why = whyNotEnforced(found.nic, settings, this.read.cluster);
    if (why.length > 0) return [`accepted by Proxmox, not enforced: ${why.join(', ')}`];
    const left = whatIsLeft(settings, this.read.cluster);
    return left.length === 0 ? [] : [`enforced in part: ${left.join(', ')}`];
  }

  private pathOf(port: PortName): { readonly base: string; readonly set: string; readonly isOpen: boolean } {
    const found = this.filter(port);
    const { node, type, vmid } = found?.filters.guest ?? { node: '?', type: 'qemu', vmid: '?' };
    const set = filterSet(nicOfPort(port)?.nic ?? 0);
    return { base: `/nodes/${node}/${type}/${vmid}/firewall/ipset`, set, isOpen: found?.entries === undefined };
  }

  /** As the entry is spelled there. */
  private spelled(port: PortName, { key }: Statement): string {
    return this.filter(port)?.entries?.find((entry) => keyOf(entry) === key)?.cidr ?? key;
  }
}

function withoutDigest({ cidr, nomatch, comment }: SetEntry): object {
  return { cidr, ...(nomatch === true ? { nomatch } : {}), ...(comment === undefined ? {} : { comment }) };
}
