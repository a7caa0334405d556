import { judgeDecisions, type PortDecisions } from '../domain/change/adoption';
import { invalidField } from '../domain/errors';
import { EXCEPTION_MS } from '../domain/windows/windowException';
import type { AdoptInput, DecisionActivities, RecordedPort } from '../protocol/decisions';
import type { ActivityDependencies } from './dependencies';
import { approvedEntry, keptEntry } from './decisions/keepEntries';
import { undecidedOn, type UndecidedDevice, type UndecidedPort } from './decisions/undecided';
import { workflowIdOf } from './decisions/workflowIdOf';
import { attemptSignal } from './failure';

/**
 * Judges a person's decisions by what the ports are now, and records the keeps. What is to be removed is only written
 * into the journal: the device's coordinator removes it. Brought twice, the same decisions change nothing more.
 */
export function createRecordAdoption(deps: ActivityDependencies): DecisionActivities['recordAdoption'] {
  return async (input) => {
    const { device, expiresAt } = input;
    if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
      throw invalidField('invalid-request', 'expiresAt', 'must be in the future');
    const [only, ...others] = input.ports;
    const port = others.length === 0 ? only?.port : undefined;
    const now = await undecidedOn(deps, device, port, attemptSignal());
    const ports: RecordedPort[] = [];
    for (const decisions of input.ports) ports.push(await record(deps, input, decisions, now));
    return { ports };
  };
}

async function record(
  deps: ActivityDependencies,
  input: AdoptInput,
  decisions: PortDecisions,
  { state, ports, notes }: UndecidedDevice,
): Promise<RecordedPort> {
  const effective = state.effectivePort(decisions.port);
  const now = ports.find(({ effectivePort }) => effectivePort === effective);
  const nothing = { port: decisions.port, askedAs: [], kept: [], remove: [], done: 0 };
  if (now === undefined)
    return { ...nothing, refused: `the port could not be looked at, or is not automated: ${notes.join('; ')}` };
  const judged = judgeDecisions(decisions, {
    open: now.open,
    presentKeys: now.present.map(({ key }) => key),
    keptKeys: now.keptKeys,
  });
  if ('refused' in judged) return { ...nothing, refused: judged.refused };
  const kept = await keep(deps, input, now, judged.keep);
  if (judged.remove.length > 0) await approve(deps, input, now, judged.remove);
  if (judged.remove.length > 0 && input.outsideWindow === true) await letPass(deps, input, now);
  return {
    port: now.open.port,
    askedAs: now.askedAs,
    kept,
    remove: judged.remove.map(({ statement: { key, text } }) => ({ key, text })),
    done: judged.done.length,
  };
}

type Judged = Exclude<ReturnType<typeof judgeDecisions>, { refused: string }>['keep'];

async function keep(
  { store }: ActivityDependencies,
  { device, author, reason, expiresAt }: AdoptInput,
  { open: { port } }: UndecidedPort,
  decisions: Judged,
): Promise<RecordedPort['kept']> {
  const made = await store.keeps.add(
    decisions.map((decision) => ({
      ...{ device, port, author, statement: decision.statement, reason: decision.reason ?? reason },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    })),
    new Date(),
    keptEntry(workflowIdOf()),
  );
  return made.map(({ id, statement: { text } }) => ({ id, text }));
}

/** The removals are made though the window is closed. One that was let pass and not used ends by itself. */
async function letPass(
  { store }: ActivityDependencies,
  { device, author, reason }: AdoptInput,
  { askedAs }: UndecidedPort,
): Promise<void> {
  const now = new Date();
  const expiresAt = new Date(now.getTime() + EXCEPTION_MS.usual).toISOString();
  for (const port of askedAs)
    await store.windowExceptions.grant({ device, port, author, reason, expiresAt }, workflowIdOf(), now);
}

/** One entry for all removals of a port that have the same reason. */
async function approve(
  { store }: ActivityDependencies,
  { device, author, reason }: AdoptInput,
  { open: { port } }: UndecidedPort,
  decisions: Judged,
): Promise<void> {
  const byReason = new Map<string, Judged>();
  for (const decision of decisions) {
    const why = decision.reason ?? reason;
    byReason.set(why, [...(byReason.get(why) ?? []), decision]);
  }
  await store.journal.append(
    [...byReason].map(([why, group]) =>
      approvedEntry(
        { device, port },
        workflowIdOf(),
        { author, reason: why },
        group.map(({ statement }) => statement),
      ),
    ),
  );
}
