import { reportError, type ErrorReport } from '../../domain/errors';
import { vanishedIps, vanishedRanges } from '../../domain/servers/membership/absence';
import { addressesOf } from '../../domain/servers/placement';
import type { IpOrRange } from '../../domain/values/ip';
import { isUplinkPort } from '../../domain/servers/nodeUplink';
import type { PortFacts, ServerFacts } from '../../domain/servers/portFacts';
import type { DeviceId } from '../../domain/values/device';
import type { PortQuestion } from '../../protocol/activities';
import type { NodeSubject } from '../../domain/servers/portRequest';
import { candidatesOf, rememberedAt, type Candidate, type ReadingContext } from './candidates';
import { ServerList, type Listing } from './serverList';
import type { FactSources } from '../dependencies';
import { ClusterReadings } from './clusterReadings';
import { PlacedAtPorts } from './placedAtPorts';
import { ServerFactsReader } from './serverFacts';

/** What was read of one port: the facts, the nodes whose guests must be read first, or why it could not be read. */
export type PortReading = { readonly question: PortQuestion } & (
  { readonly facts: PortFacts } | { readonly unreadNodes: readonly NodeSubject[] } | { readonly error: ErrorReport }
);

/**
 * Reads what decides who is behind the ports of one device: placements, the panel's assignments and connections, where
 * guests are. One list call serves all ports. Nothing is written and nobody is signalled, so that a preview can read
 * what a pass reads.
 * @throws what concerns all ports: the shared list call's fault, and whatever is met once the signal is aborted.
 */
export async function readPortFacts(
  sources: FactSources,
  device: DeviceId,
  questions: readonly PortQuestion[],
  signal: AbortSignal,
): Promise<readonly PortReading[]> {
  const readAt = await sources.store.placements.clock();
  const clusters = new ClusterReadings(sources, signal);
  const list = new ServerList(sources.panel, signal);
  const placedAt = new PlacedAtPorts(
    sources,
    device,
    questions.map(({ port }) => port),
  );
  const context: ReadingContext = { sources, device, clusters, list, placedAt, readAt, signal };
  const remembered = questions.map((question) => rememberedAt(question, context));
  list.beginOnce(Promise.allSettled(remembered));
  const candidates = await Promise.all(
    questions.map((question, index) =>
      isolated(question, signal, () => candidatesOf(question, remembered[index] ?? NOBODY, context)),
    ),
  );
  const servers = candidates.flatMap((port) => ('servers' in port ? port.servers : []));
  const listing = await list.of(servers.map(({ serverId }) => serverId));
  const reader = new ServerFactsReader(context);
  const vanished = listing.gone.length === 0 ? undefined : await sources.store.reconciles.vanished(device);
  return Promise.all(
    candidates.map(async (port): Promise<PortReading> =>
      'servers' in port
        ? isolated(port.question, signal, () =>
            factsOf(port.question, port.servers, listing, reader, {
              ...context,
              ...(vanished === undefined ? {} : { vanished }),
            }),
          )
        : port,
    ),
  );
}

const NOBODY = Promise.resolve([]);

/** A fault met while one port is read is that port's own; a list that all share, and cancellation, concern all. */
async function isolated<T extends object>(
  question: PortQuestion,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<{ readonly question: PortQuestion } & (T | { readonly error: ErrorReport })> {
  try {
    return { question, ...(await read()) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { question, error: reportError(error) };
  }
}

async function factsOf(
  question: PortQuestion,
  candidates: readonly Candidate[],
  listing: Listing,
  reader: ServerFactsReader,
  context: ReadingContext & Pick<PortFacts, 'vanished'>,
): Promise<{ readonly facts: PortFacts } | { readonly unreadNodes: readonly NodeSubject[] }> {
  const servers = await reader.read(question, candidates, listing);
  if ('unreadNodes' in servers) return servers;
  const here = { device: context.device, port: question.port };
  const guestNic = context.sources.guestPorts.nicOf(here);
  const facts: PortFacts = {
    here,
    ...(guestNic === undefined ? {} : { guestNic }),
    now: context.readAt,
    moveGraceMs: context.sources.moveGraceMs,
    explainedIps: question.explainedIps,
    deletedServerIds: question.deletedServerIds,
    nodes: question.nodes.map(({ cluster, node }) => ({ cluster, node })),
    isUplink: isConfiguredUplink(question, context),
    servers,
    ...(context.vanished === undefined ? {} : { vanished: context.vanished }),
    holders: await holdersOf(question, servers, context),
  };
  return { facts };
}

/** Whether the configuration names the port as a node's uplink. */
function isConfiguredUplink({ nodes, port }: PortQuestion, { sources, device }: ReadingContext): boolean {
  return nodes.some(({ cluster, node }) =>
    (sources.hypervisors.get(cluster)?.uplinks.get(node) ?? []).some((uplink) =>
      isUplinkPort(uplink, { device, port }),
    ),
  );
}

/** Asked only when something may go because its server no longer has it. */
async function holdersOf(
  question: PortQuestion,
  servers: readonly ServerFacts[],
  { sources, device, signal, vanished: lost }: ReadingContext & Pick<PortFacts, 'vanished'>,
): Promise<PortFacts['holders']> {
  const here = { device, port: question.port };
  const vanished = [
    ...new Set(
      servers.flatMap((server): readonly IpOrRange[] => [
        ...vanishedIps(server, question.explainedIps),
        ...vanishedRanges(server, { here, explainedIps: question.explainedIps }),
        ...(server.entry.state === 'gone' && lost?.has(server.serverId) === true ? addressesOf(server.placement) : []),
      ]),
    ),
  ];
  return vanished.length === 0 ? { holders: new Map(), unread: [] } : sources.panel.addressHolders(vanished, signal);
}
