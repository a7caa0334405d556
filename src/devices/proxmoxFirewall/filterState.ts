import type { PortPlan } from '../../domain/change/plan';
import { applyPlan } from '../../domain/change/plan';
import type { Statement } from '../../domain/change/statement';
import { coverageOf, type CoverageEntry } from '../../domain/coverage';
import type { Binding } from '../../domain/desired/binding';
import { PortwardenError } from '../../domain/errors';
import { ipVersion } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, Translation } from '../device';
import { coverageOfNic, FILTER_COVERAGE } from './coverage';
import { whatIsLeft, whyNotEnforced } from './enforcement';
import { COMMENT, entryOf, keyOf, statementOfAddress, statementsOf, type SetEntry } from './entries';
import { FilterPolicies, isAside, isEntry } from './filterPolicies';
import { asideSet, filterSet, nicOfPort, nicPort, portName, unfinishedSet } from './naming';
import { nicFilter, setHolding, type NicFilter } from './nicFilter';
import { OPTIONS, optionOf, optionsLeftOff, optionsToSwitchOn, withFirewall, type NicOption } from './nicOptions';
import type { ClusterFilters } from './reading';
import type { FilterSettings } from './settings';

/** The filters of a cluster's guests at one moment. */
export class FilterState implements DeviceState {
  /** A few requests of some ten milliseconds each. */
  readonly assumedCommitSeconds = 1;

  readonly policies: FilterPolicies;

  constructor(
    private readonly read: ClusterFilters,
    private readonly settings: FilterSettings,
  ) {
    this.policies = new FilterPolicies((port) => this.filter(port), settings);
  }

  /** The filter of a port; undefined when there is no such guest, or the token may not see it. */
  filter(port: PortName): NicFilter | undefined {
    const name = nicOfPort(port);
    const filters = name === undefined ? undefined : this.read.guests.get(name.vmid);
    return name === undefined || filters === undefined ? undefined : nicFilter(filters, name.nic);
  }

  /** The sets that were read, for a backup. */
  all(): readonly object[] {
    return [...this.read.guests.values()].map(({ guest: { vmid, type }, sets, aside }) => ({
      vmid,
      type,
      sets: Object.fromEntries([
        ...[...sets].map(([nic, entries]) => [filterSet(nic), entries.map(withoutDigest)] as const),
        ...[...aside].map(([nic, entries]) => [asideSet(nic), entries.map(withoutDigest)] as const),
      ]),
    }));
  }

  effectivePort(port: PortName): PortName {
    return portName(port);
  }

  boundPorts(): readonly PortName[] {
    return [...this.read.guests.values()].flatMap((filters) =>
      [...new Set([...filters.sets.keys(), ...filters.aside.keys()])]
        .filter((nic) => (nicFilter(filters, nic).entries ?? []).length > 0)
        .map((nic) => nicPort({ vmid: filters.guest.vmid, nic })),
    );
  }

  /** Also of a filter that is put aside: its entries are kept up to date there. */
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
    return plans.flatMap(({ port, add, remove }) => {
      const { base, set, nic, isOpen } = this.pathOf(port);
      const entries = add.filter((one) => isEntry(one));
      const options = this.optionCommands(port, add);
      const renamed = (from: string, to: string): string => `pvesh create ${base} --name ${to} --rename ${from}`;
      if (entries.length > 0 && isOpen) {
        const name = unfinishedSet(nic);
        return [
          `pvesh create ${base} --name ${name} --comment ${COMMENT}`,
          ...entries.map((one) => addCommand(`${base}/${name}`, one)),
          renamed(name, set),
          ...options,
        ];
      }
      return [
        ...entries.map((one) => addCommand(`${base}/${set}`, one)),
        ...remove.filter((one) => isEntry(one)).map((one) => `pvesh delete ${base}/${set}/${this.spelled(port, one)}`),
        ...(add.some(isAside) ? [renamed(set, asideSet(nic))] : []),
        ...(remove.some(isAside) ? [renamed(set, filterSet(nic))] : []),
        ...options,
      ];
    });
  }

  replaceCommands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => {
      const { base, set, isOpen } = this.pathOf(plan.port);
      // What a policy does with the filter as a whole, and an option, has no long way.
      if (isOpen || [...plan.add, ...plan.remove].some((one) => !isEntry(one))) return this.commands([plan]);
      return [
        ...this.statements(plan.port).map((one) => `pvesh delete ${base}/${set}/${this.spelled(plan.port, one)}`),
        ...applyPlan(this.statements(plan.port), plan).map((one) => addCommand(`${base}/${set}`, one)),
      ];
    });
  }

  notes(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => {
      const { port } = plan;
      const after = applyPlan(this.statements(port), plan).filter((one) => isEntry(one));
      const isFirst = this.isOpen(port) && plan.add.some(isEntry);
      const versions = new Set(after.flatMap(({ ip }) => (ip === undefined ? [] : ipVersion(ip))));
      return [
        ...(isFirst ? [`${port} gets its first filter: from then on it may send from these addresses alone`] : []),
        ...(isFirst && !versions.has(6)
          ? [`${port} gets no IPv6 address: of IPv6 only the link-local address of its MAC is let through then`]
          : []),
        ...plan.add.flatMap((one) => noteOfOption(port, optionOf(one))),
        ...(after.length === 0 && plan.remove.some(isEntry) && !plan.add.some(isAside)
          ? [`${port} keeps an empty filter: it may send from no address`]
          : []),
      ];
    });
  }

  configured(plan: PortPlan, isCertain: boolean): readonly Statement[] {
    const found = this.filter(plan.port);
    if (found === undefined) return [];
    const isFiltered = !plan.add.some(isAside) && applyPlan(this.statements(plan.port), plan).some(isEntry);
    return optionsToSwitchOn(found, this.settings, { isCertain, isFiltered });
  }

  coverage(port: PortName): readonly CoverageEntry[] {
    const { cluster } = this.read;
    const [statements, isOpen] = [this.statements(port), this.isOpen(port)];
    return coverageOf(FILTER_COVERAGE, coverageOfNic(this.filter(port), { statements, isOpen, cluster }));
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
    const off = optionsLeftOff(found, this.settings);
    const two = found.isDoubled
      ? [`${asideSet(found.nic)} was put aside and is left beside ${filterSet(found.nic)}: delete one of them`]
      : [];
    const why = whyNotEnforced(found, settings, this.read.cluster);
    if (why.length > 0) return [...two, ...off, `accepted by Proxmox, not enforced: ${why.join(', ')}`];
    const left = whatIsLeft(settings, this.read.cluster);
    return [...two, ...off, ...(left.length === 0 ? [] : [`enforced in part: ${left.join(', ')}`])];
  }

  private optionCommands(port: PortName, add: readonly Statement[]): readonly string[] {
    const found = this.filter(port);
    if (found === undefined) return [];
    const { guest, settings } = found.filters;
    const of = `/nodes/${guest.node}/${guest.type}/${guest.vmid}`;
    const text = 'unread' in settings ? undefined : settings.nics.get(found.nic)?.text;
    return OPTIONS.filter((option) => add.some((one) => optionOf(one) === option)).map((option) =>
      option === 'firewall'
        ? `pvesh set ${of}/config --net${found.nic} '${withFirewall(guest.type, text ?? '')}'`
        : `pvesh set ${of}/firewall/options --${option} 1`,
    );
  }

  private pathOf(port: PortName): {
    readonly base: string;
    readonly set: string;
    readonly nic: number;
    readonly isOpen: boolean;
  } {
    const found = this.filter(port);
    const nic = nicOfPort(port)?.nic ?? 0;
    const { node, type, vmid } = found?.filters.guest ?? { node: '?', type: 'qemu', vmid: '?' };
    const set = found === undefined ? filterSet(nic) : setHolding(found);
    return { base: `/nodes/${node}/${type}/${vmid}/firewall/ipset`, set, nic, isOpen: found?.entries === undefined };
  }

  /** As the entry is spelled there. */
  private spelled(port: PortName, { key }: Statement): string {
    return this.filter(port)?.entries?.find((entry) => keyOf(entry) === key)?.cidr ?? key;
  }
}

function addCommand(path: string, { key }: Statement): string {
  const { cidr, nomatch } = entryOf(key);
  return `pvesh create ${path} --cidr ${cidr}${nomatch === true ? ' --nomatch 1' : ''} --comment ${COMMENT}`;
}

function noteOfOption(port: PortName, option: NicOption | undefined): readonly string[] {
  if (option === undefined) return [];
  if (option === 'firewall') return [`${port} gets firewall=1: Proxmox plugs the NIC anew, a short loss`];
  return [`the guest of ${port} gets ${option}=1, for all of its NICs`];
}

function withoutDigest({ cidr, nomatch, comment }: SetEntry): object {
  return { cidr, ...(nomatch === true ? { nomatch } : {}), ...(comment === undefined ? {} : { comment }) };
}
