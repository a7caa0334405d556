import type { DropSample } from '../../../src/domain/dropEvidence';
import type { DeviceId } from '../../../src/domain/values/device';
import type { DropEvidenceRepository } from '../../../src/store/dropEvidence';

/** What devices refused, in memory. */
export class MemoryDropEvidence implements DropEvidenceRepository {
  private readonly rows = new Map<DeviceId, readonly DropSample[]>();
  private readonly whys = new Map<DeviceId, string>();

  /** @param touch called before whatever is read or written. */
  constructor(private readonly touch: () => void) {}

  samples: DropEvidenceRepository['samples'] = async (device, ports) => {
    this.touch();
    const all = this.rows.get(device) ?? [];
    return ports === undefined ? all : all.filter(({ port }) => ports.includes(port));
  };

  unavailable: DropEvidenceRepository['unavailable'] = async (device) => {
    this.touch();
    return this.whys.get(device);
  };

  record: DropEvidenceRepository['record'] = async (device, samples) => {
    this.touch();
    this.rows.set(device, samples);
    this.whys.delete(device);
  };

  failed: DropEvidenceRepository['failed'] = async (device, why) => {
    this.touch();
    this.whys.set(device, why);
  };

  totals: DropEvidenceRepository['totals'] = async () => {
    this.touch();
    return [...this.rows].map(([device, samples]) => ({
      device,
      refused: samples.reduce((sum, { counter }) => sum + counter, 0),
    }));
  };
}
