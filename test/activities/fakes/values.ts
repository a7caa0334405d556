import type { Statement } from '../../../src/domain/change/statement';
import { parseServerId, type ServerId } from '../../../src/domain/event/event';
import { parseIp, type IpAddress } from '../../../src/domain/values/ip';
import { parseMac, type MacAddress } from '../../../src/domain/values/mac';
import { deviceId, type DeviceId } from '../../../src/domain/values/device';
import { parsePortName, type PortName } from '../../../src/domain/values/port';
import type { AssignedIp, Guest, GuestNic, NicVlan, SwitchAttachment } from '../../../src/domain/servers/server';
import { parseVlanId, type VlanId } from '../../../src/domain/values/vlan';

/** A statement as tests' devices hold one. */
export const statement = (address: string, of = '00:50:56:00:00:01', vlanName = 'VLAN.13'): Statement => ({
  key: `${address} ${of} ${vlanName}`,
  text: [address, of, vlanName].filter((word) => word !== '').join(' '),
  ip: ip(address),
  ...(of === '' ? {} : { mac: of }),
});

/** Short constructors of domain values for tests. */
export const ip = (text: string): IpAddress => parseIp(text);
export const mac = (text: string): MacAddress => parseMac(text);
export const vlan = (id: number): VlanId => parseVlanId(id);
export const port = (text: string): PortName => parsePortName(text);
export const server = (id: number): ServerId => parseServerId(id);
export const junos = (id: number): DeviceId => deviceId('junos', id);

export const assigned = (text: string, extra: Partial<AssignedIp> = {}): AssignedIp => ({
  ip: ip(text),
  primary: true,
  isSubnet: false,
  ...extra,
});

export const attachment = (
  device: DeviceId,
  name: string | undefined,
  extra: Partial<SwitchAttachment> = {},
): SwitchAttachment => ({
  device,
  portId: 1,
  automated: true,
  manageable: true,
  ...(name === undefined ? {} : { port: port(name) }),
  ...extra,
});

export const nic = (
  index: number,
  address: string,
  nicVlan: NicVlan = { kind: 'tagged', vlan: vlan(13) },
  extra: Partial<GuestNic> = {},
): GuestNic => ({
  index,
  macs: [mac(address)],
  vlan: nicVlan,
  ips: [],
  ...extra,
});

export const guest = (vmid: number, nics: readonly GuestNic[], extra: Partial<Guest> = {}): Guest => ({
  vmid,
  type: 'qemu',
  name: `vm-${vmid}`,
  template: false,
  migrating: false,
  nics,
  ...extra,
});
