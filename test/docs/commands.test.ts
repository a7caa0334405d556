import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALARM_IDS, alarmEntry } from '../../src/domain/alarms/registry';
import { ERRORS } from '../../src/domain/errors';
import { configuredPort, configuredSwitchDevice, requireDriver } from '../../src/app/deviceKinds';
import { runCli } from '../../src/cli/program';

const ROOT = join(__dirname, '..', '..');
const OPERATIONS = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** What `--help` says of a command, or of a group of commands. */
interface Help {
  readonly commands: readonly string[];
  readonly text: string;
}
const known = new Map<string, Promise<Help>>();

/** What the command line prints; nothing is asked of anybody. */
async function printed(args: readonly string[]): Promise<string> {
  const refused = (): Promise<never> => Promise.reject(new Error('not asked'));
  let text = '';
  await runCli(args, {
    ...{ env: {}, cwd: ROOT, out: (more) => void (text += more), err: () => undefined },
    ...{ requireDriver, panelSwitchDevice: configuredSwitchDevice, portOnDevice: configuredPort },
    ...{ openCoordinators: refused, inspectCluster: refused, inspectDevice: refused },
    ...{ inspectUplinks: refused, inspectCloud: refused },
  });
  return text;
}

function helpOf(path: readonly string[]): Promise<Help> {
  const key = path.join(' ');
  const help =
    known.get(key) ??
    printed([...path, '--help']).then((out) => {
      const [, listed = ''] = /\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(out) ?? [];
      const commands = [...listed.matchAll(/^ {2}(\S+)/gm)].flatMap(([, name = '']) => name.split('|'));
      return { commands, text: out };
    });
  known.set(key, help);
  return help;
}

/** What of a command line is no command, or no option of it; undefined when all of it exists. */
async function unknownIn(words: readonly string[]): Promise<string | undefined> {
  const path: string[] = [];
  let help = await helpOf([]);
  for (const word of words) {
    if (!help.commands.includes(word)) {
      if (help.commands.length > 0 && path.length === 0) return word;
      break;
    }
    path.push(word);
    help = await helpOf(path);
  }
  const below = await Promise.all(help.commands.map((name) => helpOf([...path, name])));
  const texts = [(await helpOf([])).text, help.text, ...below.map(({ text }) => text)];
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/[=.,:].*$/, ''));
  const first = words[path.length];
  // A group that takes an argument itself has it behind `[command]`.
  const takesNone = /^Usage: [^\n]*\[command\]$/m.test(help.text);
  if (takesNone && first !== undefined && /^[a-z]+(-[a-z]+)*$/.test(first)) return [...path, first].join(' ');
  return options.find((option) => !texts.some((text) => text.includes(option)));
}

/** The words of what a page or a text has people type; `list|show` stands for both. */
function linesOf(text: string): readonly (readonly string[])[] {
  const blocks = [...text.matchAll(/```[\s\S]*?```/g)].map(([block]) => block).join('\n');
  const found = [
    ...[...text.matchAll(/`portwarden ([a-z][^`]*)`/g)].map(([, line = '']) => line),
    ...[...blocks.matchAll(/^(?:\$ )?portwarden ([a-z][^\n]*)$/gm)].map(([, line = '']) => line),
  ].filter((line) => !/^is running/.test(line));
  return found.flatMap((line) => {
    const [typed = ''] = line.replaceAll('\\|', '|').split(/ [|#>]|;|&&|\s\\$/);
    const words = typed.split(/[\s[\]]+/).filter((word) => word !== '' && word !== '…');
    const at = words.findIndex((word) => /^[a-z-]+(\|[a-z-]+)+$/.test(word));
    if (at === -1) return [words];
    return (words[at] ?? '').split('|').map((one) => words.with(at, one));
  });
}

async function unknown(text: string): Promise<readonly string[]> {
  const bad: string[] = [];
  for (const words of linesOf(text)) {
    const lost = await unknownIn(words);
    if (lost !== undefined) bad.push(`portwarden ${words.join(' ')}: ${lost}`);
  }
  return bad;
}

test('a command or an option that does not exist is found', async () => {
  const text = '`portwarden alarms show <number>`, `portwarden port approve|forget junos:1 ge-0/0/1.0 --reason x`';
  expect(await unknown(text)).toEqual(['portwarden port forget junos:1 ge-0/0/1.0 --reason x: port forget']);
  expect(await unknown('```sh\nportwarden parked junos:1 --force\n```')).toEqual([
    'portwarden parked junos:1 --force: --force',
  ]);
  expect(await unknown('`portwarden alarm`')).toEqual(['portwarden alarm: alarm']);
});

test.each(PAGES)('every command that %s shows exists', async (page) => {
  expect(await unknown(readFileSync(join(ROOT, page), 'utf8'))).toEqual([]);
});

test('every command that an alarm or an error tells people to use exists', async () => {
  const alarms = ALARM_IDS.map((id) => alarmEntry(id).action);
  const errors = Object.values(ERRORS).map(({ remedy }) => remedy);
  expect(linesOf([...alarms, ...errors].join('\n')).length).toBeGreaterThan(5);
  expect(await unknown([...alarms, ...errors].join('\n'))).toEqual([]);
});

test('the operator’s manual says of every alarm what is seen, what it means, where to look and what to do', () => {
  const [, section = ''] = /\n### At night\n([\s\S]*?)\n##/.exec(OPERATIONS) ?? [];
  const rows = [...section.matchAll(/^\| `([a-z-]+)` \|(.*)\|$/gm)].map(([, id = '', cells = '']) => ({
    id,
    cells: cells.split(/(?<!\\)\|/).map((cell) => cell.trim()),
  }));
  expect(rows.map(({ id }) => id).sort()).toEqual([...ALARM_IDS].sort());
  for (const { id, cells } of rows)
    expect([id, cells.map((cell) => cell.length > 2)]).toEqual([id, [true, true, true, true]]);
});
