import { refusedSince, sampleText } from '../../domain/dropEvidence';
import { PortwardenError } from '../../domain/errors';
import type { PortRef } from '../../domain/values/port';
import type { PortEvidence } from '../../protocol/preview';
import type { DeviceDirectory } from '../../devices/directory';
import type { DropEvidenceReader } from '../../store/dropEvidence';

/** Where what devices refused is read. */
export interface EvidenceSources {
  readonly store: { readonly dropEvidence: DropEvidenceReader };
  readonly devices: Pick<DeviceDirectory, 'open'>;
}

/** Ports of which one answer says what was refused. */
const MOST_EVIDENCE = 100;

/** A port by the name that it was asked for under, and the one whose settings rule. */
export interface EvidencePort extends PortRef {
  readonly effectivePort: PortRef['port'];
}

/** What devices refused at ports, as it was counted last. No device is asked. */
export async function evidenceOf(
  { store, devices }: EvidenceSources,
  ports: readonly EvidencePort[],
): Promise<readonly PortEvidence[]> {
  const asked = ports.slice(0, MOST_EVIDENCE);
  const ofDevices = new Map(asked.map(({ device }) => [device, asked.filter((one) => one.device === device)]));
  const found = await Promise.all(
    [...ofDevices].map(async ([device, own]): Promise<readonly PortEvidence[]> => {
      if (!hasCounters(devices, device))
        return own.map(({ port }) => ({ device, port, says: 'ARP frames refused: not available on this platform' }));
      const names = own.flatMap(({ port, effectivePort }) => [port, effectivePort]);
      const [samples, unavailable] = await Promise.all([
        store.dropEvidence.samples(device, names),
        store.dropEvidence.unavailable(device),
      ]);
      const why = unavailable ?? 'not counted yet; the next reconcile does';
      return own.map(({ port, effectivePort }): PortEvidence => {
        const sample = samples.find((one) => one.port === port) ?? samples.find((one) => one.port === effectivePort);
        if (sample === undefined) return { device, port, says: `ARP frames refused: ${why}` };
        const { since, sampledAt } = sample;
        return { device, port, says: sampleText(sample), refused: refusedSince(sample), since, countedAt: sampledAt };
      });
    }),
  );
  return found.flat();
}

function hasCounters(devices: EvidenceSources['devices'], device: PortRef['device']): boolean {
  try {
    return devices.open(device).dropCounters !== undefined;
  } catch (error) {
    if (error instanceof PortwardenError) return false;
    throw error;
  }
}
