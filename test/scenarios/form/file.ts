import { z } from 'zod';
import { readDocument } from '../../../src/primitives/configuration/document';
import type { Problem } from '../../../src/primitives/configuration/problem';
import { given, type Given } from './given';
import type { Kinds } from './kinds';

type Path = readonly (string | number)[];

/** A step as a file has it. */
export interface Step {
  readonly kind: string;
  readonly input: unknown;
  /** The name of its events, for outcomes that are looked at later. */
  readonly as: string | undefined;
  readonly wait: boolean;
  /** `file:line:column`. */
  readonly where: string;
}

/** A demand as a file has it. */
export interface Check {
  readonly kind: string;
  readonly expected: unknown;
  readonly where: string;
}

/** What happens, and what must be so afterwards. */
export interface Scene {
  readonly when: readonly Step[];
  readonly then: readonly Check[];
  /** How many seconds the demands may take to come true. */
  readonly withinSeconds: number;
}

/** A scenario as its file describes it. */
export interface ScenarioFile {
  readonly title: string;
  readonly given: Given;
  /** Whether it must not run beside others, because what it does concerns everybody. */
  readonly alone: boolean;
  readonly scenes: readonly Scene[];
}

const sceneShape = {
  when: z.array(z.record(z.string(), z.unknown())).default([]),
  then: z.record(z.string(), z.unknown()).default({}),
};
const fileShape = z.strictObject({
  scenario: z.string().min(1),
  about: z.string().exactOptional(),
  alone: z.boolean().default(false),
  given,
  ...sceneShape,
  next: z.array(z.strictObject(sceneShape)).default([]),
});
const stepExtras = z.object({ as: z.string().exactOptional(), wait: z.boolean().default(true) });

/** A file that is not a scenario; the message has a line for each problem. */
class ScenarioFileError extends Error {
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ where, path, rule }) => `${where}: ${path === '' ? '' : `${path} `}${rule}`).join('\n'));
    this.name = 'ScenarioFileError';
  }
}

/** Reads a scenario. @throws ScenarioFileError that names every wrong line. */
export function readScenario(text: string, fileName: string, kinds: Kinds): ScenarioFile {
  const document = readDocument(text, fileName);
  if (document.problems.length > 0) throw new ScenarioFileError(document.problems);
  const problems: Problem[] = [];
  const refuse = (path: Path, rule: string): void => {
    problems.push({ where: document.locate(path), path: path.join('.'), rule });
  };
  const parsed = fileShape.safeParse(document.data);
  if (!parsed.success) {
    problemsOf(parsed.error, [], refuse);
    throw new ScenarioFileError(problems);
  }
  const step = (raw: Readonly<Record<string, unknown>>, path: Path): Step | undefined => {
    const [kind, ...more] = Object.keys(raw).filter((key) => key !== 'as' && key !== 'wait');
    if (kind === undefined || more.length > 0) {
      refuse(path, 'must have one thing that happens');
      return undefined;
    }
    const extras = stepExtras.safeParse(raw);
    if (!extras.success) problemsOf(extras.error, path, refuse);
    const known = kinds.steps.get(kind);
    if (known === undefined) refuse([...path, kind], `is no step: ${[...kinds.steps.keys()].join(', ')}`);
    const input = known?.schema.safeParse(raw[kind]);
    if (input?.success === false) problemsOf(input.error, [...path, kind], refuse);
    if (extras.data === undefined || input?.success !== true) return undefined;
    return { kind, input: raw[kind], as: extras.data.as, wait: extras.data.wait, where: document.locate(path) };
  };
  const check = (kind: string, expected: unknown, path: Path): Check | undefined => {
    const known = kinds.checks.get(kind);
    if (known === undefined) refuse(path, `is no demand: within, ${[...kinds.checks.keys()].join(', ')}`);
    const result = known?.schema.safeParse(expected);
    if (result?.success === false) problemsOf(result.error, path, refuse);
    return result?.success === true ? { kind, expected, where: document.locate(path) } : undefined;
  };
  const scene = (raw: Pick<z.infer<typeof fileShape>, 'when' | 'then'>, path: Path): Scene => {
    const { within, ...demands } = raw.then;
    const seconds = z.number().positive().max(120).optional().safeParse(within);
    if (!seconds.success) refuse([...path, 'then', 'within'], 'must be a number of seconds up to 120');
    return {
      when: raw.when.flatMap((one, index) => step(one, [...path, 'when', index]) ?? []),
      then: Object.entries(demands).flatMap(([kind, one]) => check(kind, one, [...path, 'then', kind]) ?? []),
      withinSeconds: seconds.data ?? 0,
    };
  };
  const { data } = parsed;
  const scenes = [scene(data, []), ...data.next.map((one, index) => scene(one, ['next', index]))];
  if (problems.length > 0) throw new ScenarioFileError(problems);
  return { title: data.scenario, given: data.given, alone: data.alone, scenes };
}

function problemsOf(error: z.ZodError, path: Path, refuse: (path: Path, rule: string) => void): void {
  for (const issue of error.issues) {
    const at = [...path, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) refuse([...at, key], 'is not known here');
    else refuse(at, issue.message);
  }
}
