import type { Announcement } from './announcement';
import type { NotificationFormat } from './endpoint';
import { slackGroupMessage, type AnnouncedGroup } from './slackGroup';
import { slackMessage } from './slackMessage';

/** The body of a notification, as it is signed and sent. It is the same at every try. */
export function bodyOf(announcement: Announcement, format: NotificationFormat): string {
  const { type, at, data } = announcement;
  return JSON.stringify(format === 'slack' ? slackMessage(announcement) : { type, timestamp: at, data });
}

/** The body of one message for a chat that tells of several things. */
export function groupBodyOf(group: AnnouncedGroup): string {
  return JSON.stringify(slackGroupMessage(group));
}
