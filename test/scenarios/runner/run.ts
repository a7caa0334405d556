import { pauseSince } from '../../support/pause';
import type { Check, Scene, ScenarioFile, Step } from '../form/file';
import type { Kinds } from '../form/kinds';
import type { Play } from './play';

/** A scenario that did not go as its file says. */
class ScenarioFailure extends Error {
  constructor(where: string, what: string, lines: readonly string[]) {
    super(`${where}: ${what}\n${lines.map((line) => `    ${line}`).join('\n')}`);
    this.name = 'ScenarioFailure';
    this.stack = this.message;
  }
}

/** Plays a scenario to its end. @throws ScenarioFailure with the file's line, the step and the difference. */
export async function runScenario(file: ScenarioFile, play: Play, kinds: Kinds): Promise<void> {
  try {
    let before = 'given';
    for (const scene of file.scenes) {
      for (const step of scene.when) {
        before = `${step.kind} ${short(step.input)}`;
        await runStep(step, play, kinds, before);
      }
      await demand(scene, play, kinds, before);
    }
  } finally {
    for (const mend of play.mends.values()) mend();
  }
}

async function runStep(step: Step, play: Play, kinds: Kinds, name: string): Promise<void> {
  try {
    const workflows = await kinds.steps.get(step.kind)?.run(play, step.input);
    if (workflows === undefined) return;
    play.events.set('last', workflows);
    if (step.as !== undefined) play.events.set(step.as, workflows);
    if (step.wait) for (const workflow of workflows) await play.ended(workflow);
  } catch (error) {
    throw new ScenarioFailure(step.where, `step ${name} failed`, [words(error)]);
  }
}

async function demand(scene: Scene, play: Play, kinds: Kinds, before: string): Promise<void> {
  const deadline = Date.now() + scene.withinSeconds * 1000;
  for (const check of scene.then) await until(check, play, kinds, { before, deadline });
  const [violation] = play.violations;
  if (violation !== undefined)
    throw new ScenarioFailure(scene.when[0]?.where ?? '', `after ${before}`, play.violations);
}

async function until(
  check: Check,
  play: Play,
  kinds: Kinds,
  { before, deadline }: { readonly before: string; readonly deadline: number },
): Promise<void> {
  const began = Date.now();
  for (;;) {
    let lines: readonly string[];
    try {
      lines = (await kinds.checks.get(check.kind)?.differences(play, check.expected)) ?? ['the demand is not known'];
    } catch (error) {
      lines = [words(error)];
    }
    if (lines.length === 0) return;
    if (Date.now() >= deadline)
      throw new ScenarioFailure(check.where, `${check.kind} after ${before}  (- demanded, + found)`, lines);
    await pauseSince(began);
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function short(input: unknown): string {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
