import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { reportError } from '../domain/errors';
import type { DeviceId } from '../domain/values/device';
import type { Activities, PortQuestion, PortServers } from '../protocol/activities';
import { fitting } from '../protocol/payload';
import { askPorts } from './membership/askPorts';
import type { ActivityDependencies, FactSources } from './dependencies';
import { attemptSignal } from './failure';
import { JoinedReadings } from '../primitives/joinedReadings';
import { SubnetsAhead } from './desired/subnetsAhead';
import { readPortFacts, type PortReading } from './membership/portFacts';
import { noteUnautomated } from './membership/noteUnautomated';
import { failedPort, judgePort, type JudgedPort } from './membership/portServers';
import { rememberSightings } from './membership/sightings';
import { readServerReport } from './membership/serverReport';

/**
 * Asks the panel. For an event: what the server is, its addresses and connections, or where it was last seen when
 * the panel no longer has it. For a batch, in three steps: reads the facts of every port, lets the rules decide who is
 * behind it, and carries out what follows. The panel is asked for its subnets meanwhile, which the next step wants. A batch that
 * takes longer than a local activity may is not read from the start by the regular one that follows on the same worker.
 */
export function createFetchServerIps(
  deps: ActivityDependencies,
  subnets = new SubnetsAhead(deps),
): Activities['fetchServerIps'] {
  const readings = new JoinedReadings<readonly PortReading[]>();
  return async (input) => {
    const signal = attemptSignal();
    if (input.of === 'event') return { of: 'event', report: await readServerReport(deps, input.serverId, signal) };
    subnets.prepare(input.batch);
    const { batch, device, ports } = input;
    const read = (until: AbortSignal): Promise<readonly PortReading[]> => readPortFacts(deps, device, ports, until);
    const readOnce = batch === undefined ? read(signal) : readings.read(keyOfQuestions(batch, ports), read, signal);
    const { fits, left } = fitting(await portServersOf(deps, device, await readOnce, signal));
    const servers = fits.reduce((sum, port) => sum + port.dedicated.length + port.guests.length, 0);
    return {
      of: 'batch',
      summary: `${servers} servers behind ${fits.length} ports of ${input.device}`,
      ports: fits,
      ...(left.length === 0 ? {} : { left: left.map(({ port }) => port) }),
    };
  };
}

/**
 * Who is behind the ports of a device: {@link readPortFacts}, then {@link judgePort}, which is all that a preview does. The
 * effects: where servers were seen is remembered ({@link rememberSightings}), further ports are asked for ({@link askPorts}),
 * and what is not automated is noted ({@link noteUnautomated}).
 */
export async function fetchPortServers(
  deps: FactSources & Pick<ActivityDependencies, 'enlister' | 'store' | 'log' | 'metrics'>,
  device: DeviceId,
  questions: readonly PortQuestion[],
  signal: AbortSignal,
): Promise<readonly PortServers[]> {
  return portServersOf(deps, device, await readPortFacts(deps, device, questions, signal), signal);
}

/** The rules over what was read, and the effects of what they say. */
async function portServersOf(
  deps: Pick<ActivityDependencies, 'enlister' | 'store' | 'log' | 'metrics'>,
  device: DeviceId,
  readings: readonly PortReading[],
  signal: AbortSignal,
): Promise<readonly PortServers[]> {
  await rememberSightings(deps, readings);
  const judged = await Promise.all(readings.map((reading) => judgeAndAsk(deps, reading, signal)));
  const unautomated = judged.flatMap(({ servers: { port }, unautomated: found }) =>
    found === undefined ? [] : [{ port, found }],
  );
  await noteUnautomated(deps, device, unautomated);
  return judged.map(({ servers }) => servers);
}

/** Names what a batch asks, so that a second attempt of the same step on the same worker waits for the reading of the first. */
function keyOfQuestions(batch: number, questions: readonly PortQuestion[]): string {
  const { runId = '' } = Context.current().info.workflowExecution ?? {};
  return `${runId} ${batch} ${createHash('sha256').update(JSON.stringify(questions)).digest('hex')}`;
}

/** The rules, then what they ask for. A port whose next ports could not be asked for fails alone: nothing may go there before. */
async function judgeAndAsk(
  deps: Pick<ActivityDependencies, 'enlister'>,
  reading: PortReading,
  signal: AbortSignal,
): Promise<JudgedPort> {
  const judged = judgePort(reading);
  try {
    await askPorts(deps, judged.next);
    return judged;
  } catch (error) {
    if (signal.aborted) throw error;
    return failedPort(reading.question, reportError(error));
  }
}
