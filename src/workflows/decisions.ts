import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { PortOutcome } from '../domain/change/outcome';
import { portRequest } from '../domain/servers/portRequest';
import { readAdoptInput, readChangeKeepsInput, readUnknownBindingsInput } from '../protocol/decisionInput';
import type {
  AdoptedPort,
  AdoptResult,
  ChangeKeepsResult,
  DecisionActivities,
  RecordedPort,
  UnknownBindingsResult,
} from '../protocol/decisions';
import { LOOK_SECONDS } from '../protocol/preview';
import { converge, listen, type Wanted } from './converging';
import { answer, readOrFail } from './shortWorkflow';

const { unknownBindings: look } = proxyActivities<DecisionActivities>({
  scheduleToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 2, initialInterval: '1 second' },
});

const { recordAdoption, recordKeepChange } = proxyActivities<DecisionActivities>({
  scheduleToCloseTimeout: '5 minutes',
  startToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 4, initialInterval: '2 seconds' },
});

/** Lists what a person can decide about on a device's ports. Nothing is touched. Input: `{device, port?, origin?}`. */
export async function unknownBindings(input: unknown): Promise<UnknownBindingsResult> {
  const question = readOrFail(() => readUnknownBindingsInput(input));
  return answer(() => look(question));
}

/**
 * Carries out a person's decisions about statements of a device's ports: records the keeps, has the coordinator look at
 * the ports and remove what is to go, and reports the proven outcome. Input: `{device, ports, author, reason, expiresAt?}`.
 */
export async function adopt(input: unknown): Promise<AdoptResult> {
  const request = readOrFail(() => readAdoptInput(input));
  const waiting = listen();
  waiting.show(`Looking at ${request.device} as it is now`);
  const { ports } = await answer(() => recordAdoption(request));
  const { device } = request;
  const wanted = ports.flatMap(({ askedAs, kept, remove }): Wanted[] => {
    if (kept.length + remove.length === 0) return [];
    const approvedStatements = remove.map(({ key }) => key);
    return askedAs.map((port) => ({
      ...{ device, ...portRequest(port) },
      ...(approvedStatements.length === 0 ? {} : { approvedStatements }),
    }));
  });
  const outcomes = await answer(() => converge(wanted, undefined, waiting));
  const adopted = ports.map((port) => adoptedPort(port, outcomes));
  const summary = summaryOf(adopted);
  setCurrentDetails(summary);
  return { summary, device, ports: adopted };
}

/** Ends keeps, or lets them end at another time; ports of ended ones are looked at. Input: `{change, ids, author, reason, expiresAt?}`. */
export async function changeKeeps(input: unknown): Promise<ChangeKeepsResult> {
  const request = readOrFail(() => readChangeKeepsInput(input));
  const waiting = listen();
  const { changed, missing } = await answer(() => recordKeepChange(request));
  const ended = request.change === 'remove' ? changed : [];
  const ports = new Map(ended.map(({ device, port }) => [`${device} ${port}`, { device, ...portRequest(port) }]));
  const outcomes = await answer(() => converge([...ports.values()], undefined, waiting));
  const what = request.change === 'remove' ? 'ended' : 'changed';
  const lost = missing.length === 0 ? '' : `; there is no keep ${missing.join(', ')}`;
  const summary = `${changed.length} keep(s) ${what}${lost}`;
  setCurrentDetails(summary);
  return { summary, changed, missing, outcomes: outcomes.map(short) };
}

function adoptedPort({ port, askedAs, kept, remove, done, refused }: RecordedPort, all: PortOutcome[]): AdoptedPort {
  const outcomes = all.filter((outcome) => askedAs.includes(outcome.port));
  const gone = new Set(outcomes.flatMap(({ removed }) => removed.map(({ key }) => key)));
  return {
    ...{ port, kept, done },
    removed: remove.filter(({ key }) => gone.has(key)).map(({ text }) => text),
    notRemoved: remove.filter(({ key }) => !gone.has(key)).map(({ text }) => text),
    ...(refused === undefined ? {} : { refused }),
    outcomes: outcomes.map(short),
  };
}

const short = ({ device, port, status, summary }: PortOutcome) => ({ device, port, status, summary });

function summaryOf(ports: readonly AdoptedPort[]): string {
  const sum = (of: (port: AdoptedPort) => number): number => ports.reduce((total, port) => total + of(port), 0);
  const counts: readonly (readonly [number, string])[] = [
    [sum(({ kept }) => kept.length), 'kept'],
    [sum(({ removed }) => removed.length), 'removed'],
    [sum(({ notRemoved }) => notRemoved.length), 'not removed'],
    [sum(({ done }) => done), 'carried out before'],
    [ports.filter(({ refused }) => refused !== undefined).length, 'port(s) refused'],
  ];
  const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return parts.length === 0 ? 'There was nothing to do' : parts.join(', ');
}
