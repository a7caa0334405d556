import type { PortRef } from '../values/port';
import type { SwitchAttachment } from './server';

/** Whether portwarden can bind on an attachment. */
function isUsable(
  attachment: SwitchAttachment,
): attachment is SwitchAttachment & { port: NonNullable<SwitchAttachment['port']> } {
  return attachment.automated && attachment.manageable && attachment.port !== undefined;
}

/** The ports of those attachments that portwarden can bind on. */
export function usablePorts(attachments: readonly SwitchAttachment[]): readonly PortRef[] {
  return attachments.filter(isUsable).map(({ device, port }) => ({ device, port }));
}
