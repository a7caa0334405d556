import type { PreviewRequest } from '../../devices/pass/request';
import type { DeviceId } from '../../domain/values/device';
import type { HoldReader } from '../../store/holds';

/** Reads what people hold on a device; nothing where there is no hold. */
export async function readHolds(
  { holds: stored }: { readonly holds: Pick<HoldReader, 'of'> },
  device: DeviceId,
): Promise<Pick<PreviewRequest, 'portHolds'>> {
  const holds = await stored.of(device);
  return holds.length === 0 ? {} : { portHolds: { holds, at: new Date() } };
}
