import { z } from 'zod';
import { STANDING_LISTS, type StandingList } from '../../../src/domain/standing';
import { name, portText } from '../form/given';
import { defineCheck } from '../form/kinds';
import { missingWords, words } from '../form/words';
import { withUnit } from '../runner/bindings';
import type { Play } from '../runner/play';

interface Listed {
  readonly device?: string;
  readonly port?: string;
  readonly subject: string;
  /** A name; a number is a server of another scenario. */
  readonly serverId?: string | number;
  readonly rule: string;
  readonly message: string;
  readonly since: string;
}

const entry = z.strictObject({
  /** Absent: no port is known. */
  port: portText.exactOptional(),
  /** An address, a binding as `parked` prints it, `server web1` or `guest pve/vm1`. */
  subject: z.string(),
  server: name.exactOptional(),
  rule: z.string(),
  words: words.exactOptional(),
});

const MOST_PAGES = 100;

/** Since when entries stood when their list was last looked at. */
const sinceBefore = new WeakMap<Play, Map<StandingList, ReadonlyMap<string, string>>>();

/** Everything that standing lists have of the scenario; what is still there must stand since the same time as before. */
export default defineCheck({
  schema: z.partialRecord(z.enum(STANDING_LISTS), z.array(entry)),
  differences: async (play, lists) => {
    const all: string[] = [];
    for (const list of STANDING_LISTS) {
      const expected = lists[list];
      if (expected === undefined) continue;
      const left = [...(await entriesOf(play, list))];
      const lines = wrongTimes(play, list, left);
      const missing = expected.filter((one) => {
        const at = left.findIndex((found) => fits(one, found));
        if (at >= 0) left.splice(at, 1);
        return at < 0;
      });
      lines.push(...missing.map((one) => `- ${JSON.stringify(one)}`), ...left.map((one) => `+ ${JSON.stringify(one)}`));
      if (lines.length > 0) all.push(`${list}:`, ...lines.map((line) => `  ${line}`));
    }
    return all;
  },
});

/** The entries of the scenario's own switches, and of its servers of which no port is known. */
async function entriesOf(play: Play, list: StandingList): Promise<readonly Listed[]> {
  const found: Listed[] = [];
  let after = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { status, body } = await play.api('GET', `/api/coverage/${list}?limit=500${after}`);
    if (status !== 200) throw new Error(`the list was answered with ${status}: ${JSON.stringify(body)}`);
    const { entries, next } = body as { readonly entries: readonly Listed[]; readonly next?: string };
    found.push(...entries);
    if (next === undefined) break;
    after = `&after=${next}`;
  }
  return found.filter(({ device, serverId }) =>
    device === undefined ? typeof serverId === 'string' : device in play.given.switches,
  );
}

function fits(expected: z.infer<typeof entry>, found: Listed): boolean {
  const [on, where = ''] = expected.port?.split(' ') ?? [];
  return (
    found.device === on &&
    (on === undefined || found.port === withUnit(where)) &&
    found.subject === expected.subject &&
    (expected.server === undefined || found.serverId === expected.server) &&
    found.rule === expected.rule &&
    missingWords(expected.words ?? [], found.message).length === 0
  );
}

function wrongTimes(play: Play, list: StandingList, entries: readonly Listed[]): string[] {
  const lists = sinceBefore.get(play) ?? new Map<StandingList, ReadonlyMap<string, string>>();
  const before = lists.get(list);
  const keyOf = ({ device = '', port = '', subject }: Listed): string => `${device} ${port} ${subject}`;
  sinceBefore.set(play, lists.set(list, new Map(entries.map((one) => [keyOf(one), one.since]))));
  return entries.flatMap((one) => {
    const was = before?.get(keyOf(one));
    if (was !== undefined && was !== one.since)
      return [`${keyOf(one)} stands since ${one.since}; before, it stood since ${was}`];
    return Date.parse(one.since) <= Date.now()
      ? []
      : [`${keyOf(one)} stands since ${one.since}, which is no time so far`];
  });
}
