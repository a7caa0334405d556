import type { Announcement } from './announcement';
import type { NotificationFormat } from './endpoint';
import { slackMessage } from './slackMessage';

/** The body of a notification, as it is signed and sent. It is the same at every try. */
export function bodyOf(announcement: Announcement, format: NotificationFormat): string {
  const { type, at, data } = announcement;
  return JSON.stringify(format === 'slack' ? slackMessage(announcement) : { type, timestamp: at, data });
}
