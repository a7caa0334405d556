import type { PassInput } from '../../src/protocol/activities';
import type { Statement } from '../../src/domain/change/statement';
import { NO_REMOVALS } from '../../src/domain/change/removals';
import { ip, junos, mac, port, statement, vlan } from './fakes/values';

/** What tests of passes ask of one device and its ports. */

export const DEVICE = junos(1);
export const P1 = port('ge-0/0/1.0');
export const P2 = port('ge-0/0/2.0');
export const MAC = mac('00:50:56:00:00:01');

/** An address as the device holds it. */
export const held = (address: string): Statement => statement(address, MAC);

/** A port that shall have some addresses. */
export const target = (
  name = P1,
  ips: readonly string[] = ['10.0.48.5'],
  extra: Partial<PassInput['ports'][number]> = {},
): PassInput['ports'][number] => ({
  port: name,
  desired: ips.map((address) => ({ ip: ip(address), mac: MAC, vlan: vlan(13) })),
  excluded: [],
  retainIps: [],
  removals: NO_REMOVALS,
  approved: false,
  ...extra,
});

/** One batch of ports. */
export const input = (...ports: PassInput['ports'][number][]): PassInput => ({
  device: DEVICE,
  batch: 7,
  guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 },
  ports,
});
