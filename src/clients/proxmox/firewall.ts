import { z } from 'zod';
import { PortwardenError } from '../../domain/errors';
import { isGuestElsewhere } from './guestFaults';
import type { GuestType } from './nic';
import { ProxmoxReader } from './reader';
import {
  addressSetEntry,
  addressSetRow,
  clusterFirewallOptions,
  guestConfig,
  guestFirewallOptions,
  permissionMap,
  resourceRow,
  type AddressSetEntry,
  type ClusterFirewallOptions,
  type GuestConfig,
  type GuestFirewallOptions,
} from './schema';
import type { ApiRequest } from './transport';
import { verifyQuorum } from './verification';

/** A guest, and the node that has its configuration. */
export interface GuestOnNode {
  readonly vmid: number;
  readonly type: GuestType;
  readonly node: string;
}

/** Why a change was not carried out, in words of Proxmox. */
export type Refused =
  /** The list was changed since the digest was read, or what is to be changed is not there, or there already. */
  | { readonly kind: 'changed'; readonly message: string }
  /** Proxmox does not take it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The token lacks a privilege. */
  | { readonly kind: 'forbidden'; readonly message: string };

/** Undefined: it was carried out. */
export type Written = Promise<Refused | undefined>;

/** The sets of addresses of one guest's firewall, without their entries. */
export interface SetList {
  readonly names: readonly string[];
  /** Of the whole list; undefined while there are none. */
  readonly digest?: string;
}

/**
 * The firewall of guests of one cluster, as the REST API has it (pve-firewall, `PVE/API2/Firewall/IPSet.pm`). Sets are
 * in a file of the whole cluster, `/etc/pve/firewall/<vmid>.fw`, which Proxmox locks for each request. Reading rejects as
 * {@link ProxmoxReader} does. A change that Proxmox refuses is an answer; one that got no answer rejects, and may
 * have been carried out.
 */
export class FirewallClient extends ProxmoxReader {
  /** Rejects with `proxmox-no-quorum`: a cluster without quorum answers from what it knew, and takes no change. */
  async requireQuorum(signal: AbortSignal): Promise<void> {
    await verifyQuorum(this, signal);
  }

  /** Every guest that the token may see. */
  async guests(signal: AbortSignal): Promise<readonly (GuestOnNode & { readonly isTemplate: boolean })[]> {
    const rows = await this.read('/cluster/resources', z.array(resourceRow), { query: { type: 'vm' }, signal });
    return rows.flatMap(({ vmid, type, node, template }) =>
      vmid === undefined || node === undefined || (type !== 'qemu' && type !== 'lxc')
        ? []
        : [{ vmid, type, node, isTemplate: template === true }],
    );
  }

  /** What runs; undefined when the node does not hold the guest any more. */
  async config(guest: GuestOnNode, signal: AbortSignal): Promise<GuestConfig | undefined> {
    return this.configWith(guest, { current: '1' }, signal);
  }

  private async configWith(
    guest: GuestOnNode,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<GuestConfig | undefined> {
    try {
      const question = { query, signal, node: guest.node };
      return await this.read(`${pathOf(guest)}/config`, guestConfig, question);
    } catch (error) {
      if (isGuestElsewhere(error)) return undefined;
      throw error;
    }
  }

  /** What will run from the guest's next start on: what waits for it is in there. Undefined as of {@link config}. */
  async nextConfig(guest: GuestOnNode, signal: AbortSignal): Promise<GuestConfig | undefined> {
    return this.configWith(guest, {}, signal);
  }

  /** The options of the whole cluster's firewall. */
  clusterOptions(signal: AbortSignal): Promise<ClusterFirewallOptions> {
    return this.read('/cluster/firewall/options', clusterFirewallOptions, { signal });
  }

  /** The options of a guest's firewall. */
  options(guest: GuestOnNode, signal: AbortSignal): Promise<GuestFirewallOptions> {
    return this.read(`${pathOf(guest)}/firewall/options`, guestFirewallOptions, { signal, node: guest.node });
  }

  /** The sets of a guest. */
  async sets(guest: GuestOnNode, signal: AbortSignal): Promise<SetList> {
    const rows = await this.read(setPath(guest), z.array(addressSetRow), { signal });
    const digest = rows[0]?.digest;
    return { names: rows.map(({ name }) => name), ...(digest === undefined ? {} : { digest }) };
  }

  /** The entries of a set; undefined when there is none of this name. */
  async entries(guest: GuestOnNode, set: string, signal: AbortSignal): Promise<readonly AddressSetEntry[] | undefined> {
    try {
      return await this.read(setPath(guest, set), z.array(addressSetEntry), { signal });
    } catch (error) {
      if (error instanceof PortwardenError && isNoSuchSet(error)) return undefined;
      throw error;
    }
  }

  /** What the token may do: path, privilege, whether it propagates. */
  permissions(signal: AbortSignal): Promise<Readonly<Record<string, Readonly<Record<string, boolean>>>>> {
    return this.read('/access/permissions', permissionMap, { signal });
  }

  /** Makes an empty set. */
  createSet(guest: GuestOnNode, name: string, comment: string, signal: AbortSignal): Written {
    return this.write({ method: 'POST', path: setPath(guest), form: { name, comment } }, signal);
  }

  /** Gives a set another name, in one step. @param digest of the list of sets. Refused when the name is taken. */
  renameSet(
    guest: GuestOnNode,
    { from, to, digest }: { readonly from: string; readonly to: string; readonly digest: string },
    signal: AbortSignal,
  ): Written {
    return this.write({ method: 'POST', path: setPath(guest), form: { name: to, rename: from, digest } }, signal);
  }

  /** Deletes a set with all that is in it. */
  deleteSet(guest: GuestOnNode, name: string, signal: AbortSignal): Written {
    return this.write({ method: 'DELETE', path: setPath(guest, name), query: { force: '1' } }, signal);
  }

  /** Adds an address or range to a set. @param nomatch the set matches what is in it, but for this. */
  addEntry(
    guest: GuestOnNode,
    {
      set,
      cidr,
      nomatch,
      comment,
    }: {
      readonly set: string;
      readonly cidr: string;
      readonly nomatch?: boolean | undefined;
      readonly comment: string;
    },
    signal: AbortSignal,
  ): Written {
    const form = { cidr, comment, ...(nomatch === true ? { nomatch: '1' } : {}) };
    return this.write({ method: 'POST', path: setPath(guest, set), form }, signal);
  }

  /** Takes an entry out of a set. @param cidr as it is spelled there. @param digest of the set. */
  removeEntry(
    guest: GuestOnNode,
    { set, cidr, digest }: { readonly set: string; readonly cidr: string; readonly digest: string },
    signal: AbortSignal,
  ): Written {
    const path = `${setPath(guest, set)}/${encodeURIComponent(cidr)}`;
    return this.write({ method: 'DELETE', path, query: { digest } }, signal);
  }

  /** Switches an option of a guest's firewall on. @param digest of the options. */
  setOption(
    guest: GuestOnNode,
    { option, digest }: { readonly option: 'macfilter' | 'ipfilter'; readonly digest: string },
    signal: AbortSignal,
  ): Written {
    return this.write(
      { method: 'PUT', path: `${pathOf(guest)}/firewall/options`, form: { [option]: '1', digest } },
      signal,
    );
  }

  /** Writes the whole of a guest's NIC. @param digest of the configuration. */
  setNic(
    guest: GuestOnNode,
    { nic, text, digest }: { readonly nic: number; readonly text: string; readonly digest: string },
    signal: AbortSignal,
  ): Written {
    return this.write(
      { method: 'PUT', path: `${pathOf(guest)}/config`, form: { [`net${nic}`]: text, digest } },
      signal,
    );
  }

  private async write(request: ApiRequest, signal: AbortSignal): Written {
    try {
      await this.lane('').run(() => this.transport.request(request, signal), signal);
      return undefined;
    } catch (error) {
      if (error instanceof PortwardenError) {
        const refused = refusalOf(error);
        if (refused !== undefined) return refused;
      }
      throw error;
    }
  }
}

/** `PVE::Tools::assert_if_modified`, and what the calls say of sets that are not as expected. */
const CHANGED = /detected modified configuration|no such IPSet|already exists|does already exist|does not exist/;

function refusalOf(error: PortwardenError): Refused | undefined {
  const { status, said } = error.details;
  const message = String(said);
  if (status === 403) return { kind: 'forbidden', message };
  if ((status === 400 || status === 500) && CHANGED.test(message)) return { kind: 'changed', message };
  return status === 400 ? { kind: 'refused', message } : undefined;
}

function isNoSuchSet({ details }: PortwardenError): boolean {
  return details['status'] === 500 && String(details['said']).includes('no such IPSet');
}

function pathOf({ node, type, vmid }: GuestOnNode): string {
  return `/nodes/${encodeURIComponent(node)}/${type}/${vmid}`;
}

function setPath(guest: GuestOnNode, set?: string): string {
  const all = `${pathOf(guest)}/firewall/ipset`;
  return set === undefined ? all : `${all}/${encodeURIComponent(set)}`;
}
