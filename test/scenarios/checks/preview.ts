import { z } from 'zod';
import { name } from '../form/given';
import { defineCheck } from '../form/kinds';
import { listDifference, missingWords, words } from '../form/words';

interface Previewed {
  readonly device: string;
  readonly ports: readonly {
    readonly port: string;
    readonly status: string;
    readonly added: readonly { readonly ip: string }[];
    readonly removed: readonly { readonly ip: string }[];
    readonly excluded: readonly { readonly ip: string; readonly rule: string }[];
  }[];
}

/** What `preview` says of a server: over all its ports, the addresses that would come and go, and those left out. */
export default defineCheck({
  schema: z.strictObject({
    server: name,
    added: z.array(z.string()).exactOptional(),
    removed: z.array(z.string()).exactOptional(),
    rules: z.record(z.string(), z.string()).exactOptional(),
    words: words.exactOptional(),
  }),
  differences: async (play, { server, added, removed, rules, words: expected }) => {
    const { body } = await play.api('GET', `/api/preview?server=\${server ${server}}`);
    const ports = ((body as { devices?: readonly Previewed[] }).devices ?? []).flatMap((device) => device.ports);
    const compared = (what: string, wanted: readonly string[] | undefined, found: readonly string[]): string[] => {
      const lines = wanted === undefined ? [] : listDifference(wanted, found);
      return lines.length === 0 ? [] : [`${what}:`, ...lines.map((line) => `  ${line}`)];
    };
    return [
      ...compared(
        'added',
        added,
        ports.flatMap((port) => port.added.map(({ ip }) => ip)),
      ),
      ...compared(
        'removed',
        removed,
        ports.flatMap((port) => port.removed.map(({ ip }) => ip)),
      ),
      ...compared(
        'rules',
        rules && Object.entries(rules).map(([ip, rule]) => `${ip}: ${rule}`),
        ports.flatMap((port) => port.excluded.map(({ ip, rule }) => `${ip}: ${rule}`)),
      ),
      ...missingWords(expected ?? [], JSON.stringify(body)),
    ];
  },
});
