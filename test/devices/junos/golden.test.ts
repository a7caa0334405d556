import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Binding } from '../../../src/domain/desired/binding';
import { tryParseIp } from '../../../src/domain/values/ip';
import { preview } from '../../../src/devices/pass/preview';
import type { JunosSettings } from '../../../src/devices/junos/settings';
import { addressOf, bind, deviceFor, quickSwitch, recordingContext, request, target } from './support';

const GoldenCase = z.strictObject({
  case: z.string(),
  profile: z.enum(['ex3300-12.3', 'ex4200-vc', 'ex3400-18', 'ex4300-21']),
  settings: z
    .strictObject({ elsGroup: z.string(), vlanNameTemplate: z.string(), unit: z.number() })
    .partial()
    .default({}),
  before: z.array(z.string()),
  ports: z.record(z.string(), z.array(z.string())),
  commands: z.array(z.string()),
  after: z.union([z.literal('unchanged'), z.array(z.string())]),
  outcome: z.record(z.string(), z.string()).default({}),
  excluded: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
});

/** Named outright: some of the cases are too small to tell it from. */
const DIALECT_OF = {
  'ex3300-12.3': 'secure-access-port',
  'ex4200-vc': 'secure-access-port',
  'ex3400-18': 'dhcp-security',
  'ex4300-21': 'dhcp-security',
} as const;

const FOLDER = join(__dirname, 'golden');

function defined(settings: { [K in keyof JunosSettings]?: JunosSettings[K] | undefined }): Partial<JunosSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function bindingOf(text: string): Binding {
  const [ip = '', mac = '', vlan = ''] = text.split(/\s+/);
  return bind(ip, mac, Number(vlan));
}

/** What an operator has who types the full replace on such a switch. */
async function configuredBy(
  golden: z.infer<typeof GoldenCase>,
  commands: readonly string[],
): Promise<readonly string[]> {
  const lab = await quickSwitch(golden.profile, golden.before);
  try {
    lab.editAsOperator(
      commands.filter((line) => line !== 'commit'),
      { commit: true },
    );
    return [...lab.committedSet()].sort();
  } finally {
    await lab.close();
  }
}

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')))('golden cases of %s', (name) => {
  const cases = z.array(GoldenCase).parse(parse(readFileSync(join(FOLDER, name), 'utf8')));

  it.each(cases.map((golden) => [golden.case, golden] as const))('%s', async (_title, golden) => {
    const settings: Partial<JunosSettings> = { dialect: DIALECT_OF[golden.profile], ...defined(golden.settings) };
    const lab = await quickSwitch(golden.profile, golden.before);
    try {
      const started = [...lab.committedSet()];
      const removals = {
        named: golden.before.flatMap((line) => line.split(' ').flatMap((word) => tryParseIp(word) ?? [])),
        absent: [],
      };
      const targets = Object.entries(golden.ports).map(([port, desired]) =>
        target(port, desired.map(bindingOf), { removals }),
      );
      const state = await deviceFor(addressOf(lab), settings).readState(new AbortController().signal);
      const shown = preview(state, request(targets), []);
      const result = await deviceFor(addressOf(lab), settings).converge(request(targets), recordingContext());

      expect(result.commands).toEqual(golden.commands);
      expect(shown.commands.difference).toEqual(golden.commands);
      const after = golden.after === 'unchanged' ? started : golden.after;
      expect([...lab.committedSet()].sort()).toEqual([...after].sort());
      expect(await configuredBy(golden, shown.commands.replace)).toEqual([...after].sort());
      const outcomes = result.ports.map(({ port, status, error }) => [
        port,
        error === undefined ? status : `${status} ${error.code}`,
      ]);
      const done = golden.commands.length === 0 ? 'unchanged' : 'applied';
      expect(Object.fromEntries(outcomes)).toEqual({
        ...Object.fromEntries(Object.keys(golden.ports).map((port) => [port, done])),
        ...golden.outcome,
      });
      expect(result.ports.flatMap(({ excluded }) => excluded.map(({ ip, rule }) => `${ip} ${rule}`))).toEqual(
        golden.excluded,
      );
      for (const note of golden.notes) expect(result.notes.join('\n')).toContain(note);
      expect(lab.isCandidateDirty()).toBe(false);

      const again = await deviceFor(addressOf(lab), settings).converge(request(targets), recordingContext());
      expect(again.commands).toEqual([]);
    } finally {
      await lab.close();
    }
  });
});
