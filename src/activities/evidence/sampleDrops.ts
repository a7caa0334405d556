import { nextSample, type PortChange } from '../../domain/dropEvidence';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { Store } from '../../store/store';
import type { DeviceDirectory } from '../../devices/directory';

/** What reading the counters of devices needs. */
export interface DropSources {
  readonly store: Pick<Store, 'dropEvidence' | 'journal'>;
  readonly devices: Pick<DeviceDirectory, 'open'>;
}

/** Entries of a device that are searched for the last change of its ports. */
const SEARCHED = 1_000;

/**
 * Reads what a device has refused and remembers it by port, with the change from which on it is counted. Nothing is asked of a device of a kind
 * without counters. @throws PortwardenError when the device or the store does not answer; what was remembered stays.
 */
export async function sampleDrops(
  { store, devices }: DropSources,
  device: DeviceId,
  signal: AbortSignal,
  now: () => Date = () => new Date(),
): Promise<void> {
  const opened = devices.open(device);
  if (opened.dropCounters === undefined) return;
  const reading = await opened.dropCounters(signal);
  const at = now();
  if ('unavailable' in reading) return store.dropEvidence.failed(device, reading.unavailable, at);
  const changes = await changesOf(store.journal, device);
  const before = new Map((await store.dropEvidence.samples(device)).map((sample) => [sample.port, sample]));
  const samples = reading.counters.map((counter) =>
    nextSample(before.get(counter.port), counter, changes.get(counter.port), at.toISOString()),
  );
  await store.dropEvidence.record(device, samples, at);
}

/** The newest change of each port that the newest entries of the journal have. */
async function changesOf(
  journal: Pick<Store['journal'], 'list'>,
  device: DeviceId,
): Promise<ReadonlyMap<PortName, PortChange>> {
  const entries = await journal.list({ device, limit: SEARCHED });
  const changed = entries.filter(
    ({ status, added, removed }) => status === 'applied' && added.length + removed.length > 0,
  );
  return new Map(
    changed
      .toReversed()
      .flatMap(({ port, at, commit }) =>
        port === undefined ? [] : [[port, { at, ...(commit === undefined ? {} : { commit }) }] as const],
      ),
  );
}
