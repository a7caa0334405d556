import { z } from 'zod';
import { name } from '../form/given';
import { defineCheck } from '../form/kinds';
import { missingWords, words } from '../form/words';

interface Explained {
  readonly ip?: string;
  readonly state: string;
  readonly rule?: string;
  readonly because: string;
}

const question = z.strictObject({
  ip: z.string().exactOptional(),
  mac: z.string().exactOptional(),
  server: name.exactOptional(),
  /** Of the address that is asked for, or of every one. */
  state: z.string().exactOptional(),
  rule: z.string().exactOptional(),
  words: words.exactOptional(),
});

/** What `explain` says. */
export default defineCheck({
  schema: z.union([question, z.array(question)]).transform((one) => (Array.isArray(one) ? one : [one])),
  differences: async (play, questions) => {
    const all: string[] = [];
    for (const { ip, mac, server, state, rule, words: expected } of questions) {
      const subject =
        server !== undefined ? `server=\${server ${server}}` : mac !== undefined ? `mac=${mac}` : `ip=${ip ?? ''}`;
      const { body } = await play.api('GET', `/api/explain?${subject}`);
      const addresses = ((body as { addresses?: readonly Explained[] }).addresses ?? []).filter(
        (one) => ip === undefined || one.ip === ip,
      );
      const fits = addresses.some(
        (one) => (state === undefined || one.state === state) && (rule === undefined || one.rule === rule),
      );
      const missing = missingWords(expected ?? [], JSON.stringify(body));
      if (!fits && (state !== undefined || rule !== undefined))
        all.push(
          `${subject}:`,
          `  - ${state ?? ''} ${rule ?? ''}`,
          ...addresses.map((one) => `  + ${one.state} ${one.rule ?? ''}: ${one.because}`),
        );
      if (missing.length > 0) all.push(`${subject}:`, ...missing.map((line) => `  ${line}`));
    }
    return all;
  },
});
