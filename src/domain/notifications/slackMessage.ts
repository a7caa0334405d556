import type { Announcement } from './announcement';

/** A message as Slack's incoming webhooks, and chats that are compatible with them, take it. */
export interface SlackMessage {
  /** What is shown where blocks are not: in the list of channels, on a phone, in other chats. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

/** A part of a message. */
export interface SlackBlock {
  readonly type: 'section' | 'context';
  readonly text?: SlackText;
  readonly elements?: readonly SlackText[];
}

interface SlackText {
  readonly type: 'mrkdwn';
  readonly text: string;
}

/** A text of a section block has at most so many characters (docs.slack.dev, block kit). */
const LONGEST_SECTION = 3_000;
const LISTED = 10;

/** An announcement in a sentence, with what was added and removed below it. */
export function slackMessage(announcement: Announcement): SlackMessage {
  const { at, data } = announcement;
  const sentence = slackSentence(announcement);
  const lines = [...listed('+', data['added']), ...listed('−', data['removed'])];
  const commit = typeof data['commit'] === 'string' ? ` · commit ${data['commit']}` : '';
  return {
    text: escaped(sentence),
    blocks: [
      section(escaped(sentence)),
      ...(lines.length === 0 ? [] : [section(lines.map(escaped).join('\n'))]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(`portwarden · ${at}${commit}`) }] },
    ],
  };
}

/** What happened, in one sentence. */
export function slackSentence({ type, device, port, text, data }: Announcement): string {
  const where = [device, port].filter((part) => part !== undefined).join(' ');
  const named = typeof data['name'] === 'string' ? data['name'] : '';
  const alarm = `${String(data['alarm'])} of ${[where, named].filter((part) => part !== '').join(' ') || 'the whole site'}`;
  switch (type) {
    case 'port.applied':
      return `Applied on ${where}: ${text}`;
    case 'port.parked':
      return `A change of ${where} waits for a person: ${text}`;
    case 'port.failed':
      return `Failed on ${where}: ${text}`;
    case 'drift.found':
      return `${where} is not as it should be: ${text}`;
    case 'alarm.raised':
      return `Alarm (${String(data['severity'])}): ${alarm}: ${text}`;
    case 'alarm.cleared':
      return `Over: ${alarm}: ${text}`;
    case 'policy.expiring':
    case 'notification.test':
      return text;
  }
}

function listed(sign: string, statements: unknown): readonly string[] {
  if (!Array.isArray(statements)) return [];
  const texts = statements.filter((one): one is string => typeof one === 'string');
  const rest = texts.length - LISTED;
  return [...texts.slice(0, LISTED).map((one) => `${sign} ${one}`), ...(rest > 0 ? [`${sign} ${rest} more`] : [])];
}

/** A paragraph. */
export function section(text: string): SlackBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: bounded(text) } };
}

/** Cut before an escape rather than within it. */
export function bounded(text: string, longest = LONGEST_SECTION): string {
  if (text.length <= longest) return text;
  return text.slice(0, longest - 1).replace(/(?:&[a-z]{0,3}|[\ud800-\udbff])$/, '') + '…';
}

/** The three characters that Slack's markup gives a meaning to; so no text of ours mentions a channel or hides a link. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
