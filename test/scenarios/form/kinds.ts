import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Play } from '../runner/play';

/** One thing that can happen (`when`). A file in `steps`, named like its key. */
export interface StepKind<Input = unknown> {
  readonly schema: z.ZodType<Input>;
  /** @returns the workflows of the events that it caused; the scenario waits for them unless the step says `wait: false`. */
  readonly run: (play: Play, input: Input) => Promise<readonly string[] | undefined>;
}

/** One thing that can be demanded (`then`). A file in `checks`, named like its key. */
export interface CheckKind<Input = unknown> {
  readonly schema: z.ZodType<Input>;
  /** @returns what differs, line by line; nothing when it is as demanded. */
  readonly differences: (play: Play, expected: Input) => Promise<readonly string[]>;
}

/** The default export of a file in `steps`. */
export function defineStep<Input>(kind: StepKind<Input>): StepKind {
  return { schema: kind.schema, run: (play, input) => kind.run(play, kind.schema.parse(input)) };
}

/** The default export of a file in `checks`. */
export function defineCheck<Input>(kind: CheckKind<Input>): CheckKind {
  return {
    schema: kind.schema,
    differences: (play, expected) => kind.differences(play, kind.schema.parse(expected)),
  };
}

/** Every kind of step and check, by its key. */
export interface Kinds {
  readonly steps: ReadonlyMap<string, StepKind>;
  readonly checks: ReadonlyMap<string, CheckKind>;
}

/** Finds the files: a new kind is a new file and nothing else. */
export function readKinds(): Kinds {
  return { steps: folder<StepKind>('steps'), checks: folder<CheckKind>('checks') };
}

function folder<Kind>(which: 'steps' | 'checks'): ReadonlyMap<string, Kind> {
  const directory = join(__dirname, '..', which);
  const files = readdirSync(directory).filter((file) => file.endsWith('.ts'));
  return new Map(
    files.map((file) => [
      file.slice(0, -'.ts'.length),
      jest.requireActual<{ readonly default: Kind }>(join(directory, file)).default,
    ]),
  );
}
