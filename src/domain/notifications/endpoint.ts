import type { DeviceId } from '../values/device';
import type { Announcement, NotificationType } from './announcement';

/** How a notification is written: after Standard Webhooks, or as a message for a Slack-compatible chat. */
export const NOTIFICATION_FORMATS = ['standard', 'slack'] as const;

/** One of them. */
export type NotificationFormat = (typeof NOTIFICATION_FORMATS)[number];

/** What an endpoint wants to hear of. */
export interface EndpointFilter {
  readonly types: readonly NotificationType[];
  /** Absent: of all devices, and of what is about none. */
  readonly devices?: readonly DeviceId[];
}

/** Whether an endpoint hears of something. */
export function wants(
  endpoint: string,
  { types, devices }: EndpointFilter,
  { type, device, notTo, onlyTo }: Pick<Announcement, 'type' | 'device' | 'notTo' | 'onlyTo'>,
): boolean {
  if (onlyTo !== undefined) return onlyTo === endpoint;
  if (notTo === endpoint || !types.some((one) => one === type)) return false;
  return devices === undefined || (device !== undefined && devices.includes(device));
}
