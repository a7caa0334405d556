import type { Announcement } from './announcement';
import { bounded, escaped, section, slackSentence, type SlackMessage } from './slackMessage';

/** What one message for a chat tells of together. */
export interface AnnouncedGroup {
  /** How many things there are of each type. */
  readonly counts: Readonly<Partial<Record<Announcement['type'], number>>>;
  /** ISO 8601, UTC: when the first and the last of it happened. */
  readonly from: string;
  readonly to: string;
  /** The first ones of each type. */
  readonly shown: readonly Announcement[];
}

/** Of each type so many are named. */
export const SHOWN_OF_TYPE = 10;
/** So many lines of this length are below what a section holds. */
const LONGEST_LINE = 240;

/** The types in the order in which they matter, each with its words for one and for several. */
const WORDS: Readonly<Record<Announcement['type'], readonly [string, string]>> = {
  'alarm.raised': ['alarm', 'alarms'],
  'port.failed': ['port failed', 'ports failed'],
  'port.parked': ['change waits for a person', 'changes wait for a person'],
  'drift.found': ['port is not as it should be', 'ports are not as they should be'],
  'policy.expiring': ['policy ends soon', 'policies end soon'],
  'alarm.cleared': ['alarm is over', 'alarms are over'],
  'port.applied': ['port changed', 'ports changed'],
  'notification.test': ['test', 'tests'],
};
const TYPES = Object.keys(WORDS) as readonly Announcement['type'][];

/** What happened together, counted, with the first ones of each kind below it: what matters most stands first. */
export function slackGroupMessage({ counts, from, to, shown }: AnnouncedGroup): SlackMessage {
  const parts = TYPES.flatMap((type) => {
    const count = counts[type] ?? 0;
    return count === 0 ? [] : [`${count} ${WORDS[type][count === 1 ? 0 : 1]}`];
  });
  const headline = escaped(parts.join(', '));
  return {
    text: headline,
    blocks: [
      section(headline),
      ...TYPES.flatMap((type) => {
        const named = shown.filter((one) => one.type === type).slice(0, SHOWN_OF_TYPE);
        if (named.length === 0) return [];
        const rest = (counts[type] ?? 0) - named.length;
        const lines = [...named.map(lineOf), ...(rest > 0 ? [`… and ${rest} more`] : [])];
        return [section(lines.join('\n'))];
      }),
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: escaped(`portwarden · ${from === to ? from : `${from} to ${to}`}`) }],
      },
    ],
  };
}

function lineOf(announcement: Announcement): string {
  return `• ${bounded(escaped(slackSentence(announcement).replace(/\s+/g, ' ')), LONGEST_LINE)}`;
}
