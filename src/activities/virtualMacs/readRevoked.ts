import type { PortTarget, PreviewRequest } from '../../devices/pass/request';
import type { DeviceId } from '../../domain/values/device';
import type { VirtualMacReader } from '../../store/virtualMacs';

/**
 * Reads which virtual MACs were taken away that may be bound on some ports still, with what panel or hypervisor say of their
 * servers or without; nothing where there is none.
 */
export async function readRevoked(
  { virtualMacs }: { readonly virtualMacs: Pick<VirtualMacReader, 'listRevoked'> },
  device: DeviceId,
  targets: readonly PortTarget[],
): Promise<Pick<PreviewRequest, 'revokedMacs'>> {
  const ports = targets.map(({ port }) => port);
  const servers = [...new Set(targets.flatMap(({ serverIds = [] }) => serverIds))];
  const revokedMacs = await virtualMacs.listRevoked({ device, ports }, servers);
  return revokedMacs.length === 0 ? {} : { revokedMacs };
}
