import {
  holderKey,
  isLive,
  virtualMacFrom,
  type VirtualMac,
  type VirtualMacCause,
  type VirtualMacEvent,
} from '../../../src/domain/desired/virtualMac';
import { changed, type VirtualMacChange } from '../../../src/domain/desired/virtualMacProgress';
import { PortwardenError } from '../../../src/domain/errors';
import type { VirtualMacRepository } from '../../../src/store/virtualMacs';
import type { PortRef } from '../../../src/domain/values/port';

const AT = '2026-11-22T00:00:00.000Z';

/** Virtual MACs in memory; the n-th is 02:00:00:00:00:0n. */
export class MemoryVirtualMacs implements VirtualMacRepository {
  rows: VirtualMac[] = [];
  readonly happened: VirtualMacEvent[] = [];
  /** Calls that wrote. */
  writes = 0;

  /** @param check throws while the database is away. */
  constructor(private readonly check: () => void) {}

  listByServers: VirtualMacRepository['listByServers'] = async (ids) => {
    this.check();
    return this.rows.filter(({ serverId }) => ids.includes(serverId));
  };

  listByMacs: VirtualMacRepository['listByMacs'] = async (macs) => this.rows.filter(({ mac }) => macs.includes(mac));

  listRevoked: VirtualMacRepository['listRevoked'] = async ({ device, ports }, serverIds) => {
    this.check();
    const isHere = (at: PortRef): boolean => at.device === device && ports.includes(at.port);
    return this.rows
      .filter((row) => !isLive(row) && row.releasedAt === undefined)
      .filter(({ places, serverId }) => places.some(isHere) || serverIds.includes(serverId))
      .map(({ ip, mac }) => ({ ip, mac }));
  };

  list: VirtualMacRepository['list'] = async ({ serverId, ip, state, device, port, before, limit }) =>
    [...this.rows]
      .reverse()
      .filter(
        (row) =>
          (serverId ?? row.serverId) === row.serverId &&
          (ip ?? row.ip) === row.ip &&
          (state ?? row.state) === row.state &&
          (device === undefined || row.places.some((at) => at.device === device && (port ?? at.port) === at.port)) &&
          (before === undefined || Number(row.id) < Number(before)),
      )
      .slice(0, limit);

  counts: VirtualMacRepository['counts'] = async () => {
    const states = new Set(this.rows.map(({ state }) => state));
    return [...states].map((state) => {
      const rows = this.rows.filter((row) => row.state === state);
      return { state, count: rows.length, oldest: rows.map(({ allocatedAt }) => allocatedAt).sort()[0] ?? '' };
    });
  };

  events: VirtualMacRepository['events'] = async ({ mac, serverId, ip, before, limit }) =>
    [...this.happened]
      .reverse()
      .filter(
        (event) =>
          (mac ?? event.mac) === event.mac &&
          (serverId ?? event.serverId) === event.serverId &&
          (ip ?? event.ip) === event.ip &&
          (before === undefined || Number(event.id) < Number(before)),
      )
      .slice(0, limit);

  allocate: VirtualMacRepository['allocate'] = async (requests, cause) => {
    this.check();
    this.writes += 1;
    return requests.map((request) => {
      const key = holderKey(request);
      const has = this.rows.find((row) => isLive(row) && holderKey(row) === key);
      if (has !== undefined) {
        if (request.mac !== undefined && request.mac !== has.mac) throw taken();
        return has;
      }
      const id = this.rows.length + 1;
      const mac = request.mac ?? virtualMacFrom(new Uint8Array([0, 0, 0, id >> 8, id & 255]));
      if (mac === undefined || this.rows.some((row) => row.mac === mac)) throw taken();
      const { serverId, ip, events } = request;
      const row: VirtualMac = { id: String(id), mac, serverId, ip, state: 'pending', places: [], allocatedAt: AT };
      this.rows.push(row);
      this.note(row, [{ action: 'allocated', detail: `for ${ip} of server ${serverId}` }], {
        ...cause,
        ...(events === undefined ? {} : { events }),
      });
      return row;
    });
  };

  change: VirtualMacRepository['change'] = async ({ macs, at }, judge, cause) => {
    this.check();
    const isThere = ({ device, port }: PortRef): boolean => at?.device === device && at.ports.includes(port);
    const isMeant = (row: VirtualMac): boolean => macs.includes(row.mac) || row.places.some(isThere);
    this.rows = this.rows.map((row) => {
      const change = isMeant(row) ? judge(row) : undefined;
      if (change === undefined) return row;
      this.writes += 1;
      this.note(row, change.events, typeof cause === 'function' ? cause(row) : cause);
      return withTimes(row, changed(row, change), change);
    });
    return this.rows.filter(isMeant);
  };

  private note(row: VirtualMac, events: VirtualMacChange['events'], cause: VirtualMacCause): void {
    const { mac, serverId, ip } = row;
    for (const event of events)
      this.happened.push({ ...event, ...cause, mac, serverId, ip, id: String(this.happened.length + 1), at: AT });
  }
}

function withTimes(before: VirtualMac, after: VirtualMac, { fields }: VirtualMacChange): VirtualMac {
  const { releasedAt, ...rest } = after;
  return {
    ...rest,
    ...(releasedAt === undefined || fields.isReleased === false ? {} : { releasedAt }),
    ...(after.state === 'active' && before.activatedAt === undefined ? { activatedAt: AT } : {}),
    ...(after.state === 'revoked' && before.revokedAt === undefined ? { revokedAt: AT } : {}),
    ...(fields.isReleased === true && before.releasedAt === undefined ? { releasedAt: AT } : {}),
  };
}

function taken(): PortwardenError {
  return new PortwardenError('virtual-mac-taken', 'taken');
}
