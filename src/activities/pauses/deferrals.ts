import type { DeviceDirectory } from '../../devices/directory';
import { deferralOfNames, type Deferral } from '../../domain/change/deferral';
import { PortwardenError } from '../../domain/errors';
import { concernsDevice, deferralByPause } from '../../domain/pauses/pause';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { Sites } from '../../domain/values/scope';
import { windowDeferral, type ChangeWindows } from '../../domain/windows/changeWindow';
import { exceptPorts } from '../../domain/windows/windowException';
import type { PauseRepository } from '../../store/pauses';
import type { WindowExceptionRepository } from '../../store/windowExceptions';

/** What deferrals are read from. */
export interface DeferralSources {
  readonly store: {
    readonly pauses: Pick<PauseRepository, 'active'>;
    readonly windowExceptions: Pick<WindowExceptionRepository, 'active'>;
  };
  readonly sites: Sites;
  readonly changeWindows: ChangeWindows;
  readonly devices: Pick<DeviceDirectory, 'naming'>;
}

/** Why changes of a device, or of some of its ports, wait now. @throws PortwardenError `store-unavailable`. */
export async function readDeferrals(deps: DeferralSources, device: DeviceId): Promise<readonly Deferral[]> {
  const now = new Date();
  const pauses = (await deps.store.pauses.active(now)).filter((one) => concernsDevice(one, device, deps.sites));
  const window = windowDeferral(deps.changeWindows, device, deps.sites, now.getTime());
  const excepted = window === undefined ? [] : await deps.store.windowExceptions.active(now, device);
  return [
    ...pauses.map((pause) => deferralByPause(pause, (port) => nameOnDevice(deps, device, port))),
    ...(window === undefined
      ? []
      : [
          exceptPorts(
            window,
            excepted.map(({ port }) => port),
          ),
        ]),
  ];
}

/**
 * Asked again right before a commit is sent, so that what was paused meanwhile is not committed.
 * @param ports the ports that it changes, each by all its names.
 * @throws PortwardenError with the code of the deferral; `store-unavailable` when nobody can say, and then nothing is committed either.
 */
export async function assertNotDeferred(
  deps: DeferralSources,
  device: DeviceId,
  ports: readonly (readonly PortName[])[],
): Promise<void> {
  const deferrals = await readDeferrals(deps, device);
  const found = ports.map((names) => deferralOfNames(deferrals, names, Date.now())).find((one) => one !== undefined);
  if (found !== undefined) throw new PortwardenError(found.error.code, found.error.message);
}

/** A name that is none on such a device is taken as it is: what somebody mistyped holds nothing, and everything else goes on. */
function nameOnDevice({ devices }: DeferralSources, device: DeviceId, port: PortName): PortName {
  try {
    return devices.naming(device).toDevice(port);
  } catch (error) {
    if (error instanceof RangeError || error instanceof PortwardenError) return port;
    throw error;
  }
}
