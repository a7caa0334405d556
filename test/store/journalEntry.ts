import { parsePortName } from '../../src/domain/values/port';
import type { DeviceId } from '../../src/domain/values/device';
import type { JournalEntry } from '../../src/store/journal';
import { statement } from '../activities/fakes/values';

/** An entry of the journal as a pass writes it: one binding was added. */
export const entry = (device: DeviceId, extra: Partial<JournalEntry> = {}): Omit<JournalEntry, 'id' | 'at'> => ({
  device,
  port: parsePortName('ge-0/0/1.0'),
  workflowId: 'device:junos:1',
  status: 'applied',
  summary: 'one binding added',
  added: [statement('10.0.48.5', 'aa:bb:cc:dd:ee:01', 'VLAN.13')],
  removed: [],
  commands: ['set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 10.0.48.5'],
  ...extra,
});
