import type { RunningCloud } from '../neutron/cloud';
import type { CaseStep, CloudCase, PortSettings } from './cases';
import { readPorts, type ReadPort } from './readPort';
import { block, bold, green, grey, red, say, title } from './screen';

/** Runs `portwarden …` as an operator does. @returns what it printed. @throws when it fails. */
export type Portwarden = (args: readonly string[]) => Promise<string>;

type ReadPorts = ReadonlyMap<string, ReadPort>;

/** Plays one case and shows it. @returns what is wrong, empty when the case came out as said. */
export async function playCase(one: CloudCase, cloud: RunningCloud, portwarden: Portwarden): Promise<string[]> {
  title(one.title);
  say(grey(`  ${one.lesson}`));
  const problems: string[] = [];
  const atFirst = await readPorts(cloud);
  const shown = [...new Set([...one.beside, ...one.steps.map(({ port }) => port)])];
  block('before', settingsOf(atFirst, shown, cloud.portId));
  let before = atFirst;
  for (const step of one.steps) {
    problems.push(...(await carryOut(step, cloud, portwarden)));
    const after = await readPorts(cloud);
    block('after', settingsOf(after, [step.port]));
    problems.push(...judge(step, before, after));
    before = after;
  }
  const changed = new Set(one.steps.map(({ port }) => port));
  if (problems.length === 0)
    say(
      `  ${green('✔')} as said; the ${before.size - changed.size} other ports of the project did not change by a byte`,
    );
  else for (const problem of problems) say(`  ${red('✘')} ${problem}`);
  return problems;
}

/** Previews the command of a step where the case says so, and runs it. @returns what is wrong with what they print. */
async function carryOut(step: CaseStep, cloud: RunningCloud, portwarden: Portwarden): Promise<string[]> {
  const scope = ['policy', step.change, '--device', `neutron:${cloud.world.name}`, '--port', cloud.portId(step.port)];
  const said = [...step.options, '--reason', step.reason];
  const run = async (options: readonly string[]): Promise<readonly string[]> => {
    typed(scope, options);
    return (await portwarden([...scope, ...options])).split('\n').filter((line) => line.trim() !== '');
  };
  try {
    const problems: string[] = [];
    if (step.opens !== undefined) {
      const notes = (await run([...said, '--preview'])).filter((line) => line.includes('note: '));
      answered(notes, cloud);
      problems.push(
        ...step.opens
          .filter((what) => !notes.some((note) => note.includes(what)))
          .map((what) => `the preview does not say that ${what} is concerned`),
      );
    }
    answered(await run(said), cloud);
    return problems;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function judge({ port, expected }: CaseStep, before: ReadPorts, after: ReadPorts): readonly string[] {
  const read = after.get(port);
  const have = read === undefined ? 'nothing' : settingsText(read);
  const want = settingsText(expected);
  const others = [...before.values()].filter(({ name, whole }) => name !== port && after.get(name)?.whole !== whole);
  return [
    ...(have === want ? [] : [`${port} has ${have} instead of ${want}`]),
    ...others.map(({ name }) => `${name} changed, too`),
  ];
}

function settingsOf(ports: ReadPorts, names: readonly string[], idOf?: (name: string) => string): readonly string[] {
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => {
    const port = ports.get(name);
    const what = port === undefined ? 'is not there' : settingsText(port);
    return [name.padEnd(width), ...(idOf === undefined ? [] : [idOf(name)]), what].join('  ');
  });
}

function settingsText({ portSecurity, groups, pairs }: PortSettings): string {
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
  return `port security ${portSecurity}, groups: ${list(groups)}, further addresses: ${list(pairs)}`;
}

/** Shows a command as it is typed. */
function typed(scope: readonly string[], options: readonly string[]): void {
  const quoted = options.map((word) => (word.includes(' ') ? `'${word}'` : word));
  say(`  $ ${bold(`portwarden ${scope.join(' ')} \\`)}`);
  say(`      ${bold(quoted.join(' '))}`);
}

/** Shows what a command printed, with the names of ports and groups alone instead of their ids. */
function answered(lines: readonly string[], { world, portId }: RunningCloud): void {
  for (const line of lines) {
    const named = world.ports.reduce((text, { name }) => text.replaceAll(portId(name), name), line);
    const groups = named.replace(/(security group \S+) \([0-9a-f-]{36}\)/g, '$1');
    say(grey(`      ${groups.trim()}`));
  }
}
