import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defineCheck } from '../form/kinds';
import { commandWords } from '../runner/commandWords';

const ROOT = join(__dirname, '..', '..', '..');

const recorded = z.strictObject({
  /** A page with a block that begins with `$ portwarden …`. */
  page: z.string(),
  /** Names of the file, and what the page has for them. */
  as: z.record(z.string(), z.string()),
  run: z.array(z.string()).min(1),
});

/** A page shows what commands print, word by word but for times, ids and lines of `…`, which stand for any others. */
export default defineCheck({
  schema: recorded,
  differences: async (play, { page, as, run }) => {
    const blocks = recordedIn(readFileSync(join(ROOT, page), 'utf8'));
    const asPage = (text: string): string =>
      Object.entries(as).reduce((shown, [name, word]) => shown.replace(new RegExp(`\\b${name}\\b`, 'g'), word), text);
    const all: string[] = [];
    for (const command of run) {
      const { printed } = await play.cli(commandWords(command));
      const shown = `portwarden ${asPage(play.names.toLocal(play.names.toWorld(command)))}`;
      const expected = blocks.get(shown);
      const found = linesOf(asPage(printed));
      if (expected === undefined) all.push(`${page} does not have: $ ${shown}`, ...found.map((line) => `  + ${line}`));
      else if (!isShown(expected, found))
        all.push(
          `${page}, $ ${shown}:`,
          ...expected.map((line) => `  - ${line}`),
          ...found.map((line) => `  + ${line}`),
        );
    }
    return all;
  },
});

/** What stands in the blocks of a page below each `$` line. */
function recordedIn(page: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  let indent: number | undefined;
  let command: string | undefined;
  for (const line of page.split('\n')) {
    const fence = /^( *)```/.exec(line);
    if (fence !== null) {
      indent = indent === undefined ? (fence[1] ?? '').length : undefined;
      command = undefined;
    } else if (indent !== undefined) {
      const text = line.slice(indent);
      if (text.startsWith('$ ')) {
        command = text.slice(2);
        found.set(command, []);
      } else if (command !== undefined) found.set(command, [...(found.get(command) ?? []), text]);
    }
  }
  return new Map([...found].map(([name, lines]) => [name, linesOf(lines.join('\n'))]));
}

/** Lines without what differs from run to run, and without empty ones at the end. */
function linesOf(text: string): readonly string[] {
  return text
    .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'TIME')
    .replace(/\bkeep \d+/g, 'keep N')
    .replace(/"[0-9a-f]{16}"/g, '"HASH"')
    .replace(/\bbatch \d+ [0-9a-f]+/g, 'batch N')
    .replace(/\b(adopt|changeKeeps)-[0-9a-f-]{36}/g, '$1-ID')
    .replace(/\bjournal \d+/g, 'journal N')
    .replace(/^( +event )\S+$/gm, '$1ID')
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function isShown(expected: readonly string[], found: readonly string[]): boolean {
  const pattern = expected.map((line) => (line.trim() === '…' ? '(?:.*\n)*?' : `${escaped(line)}\n`)).join('');
  return new RegExp(`^${pattern}$`).test(`${found.join('\n')}\n`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
