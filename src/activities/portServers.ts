import { isDeepStrictEqual } from 'node:util';
import { reportError } from '../domain/errors';
import type { IpAddress } from '../domain/values/ip';
import { vanishedIps } from '../domain/servers/membership/absence';
import { membersOf, type Membership } from '../domain/servers/membership/membersOf';
import { formerPorts, notePass, type PlacementNote } from '../domain/servers/placement';
import type { DeviceId } from '../domain/values/port';
import type { PortFacts, ServerFacts } from '../domain/servers/portFacts';
import type { NodeSubject } from '../protocol/contract';
import type { PortQuestion, PortServers } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { PortFactsReader, type Candidates } from './portFacts';

/**
 * Answers who is behind the ports of one batch: reads the candidates of every port, one list call for all of them, then
 * lets the rules of `domain/membership` decide, and asks for the ports that must come first.
 */
export class PortServersReader {
  private readonly facts: PortFactsReader;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly device: DeviceId,
    private readonly signal: AbortSignal,
  ) {
    this.facts = new PortFactsReader(deps, device, signal);
  }

  async read(questions: readonly PortQuestion[]): Promise<PortServers[]> {
    const candidates = await Promise.all(
      questions.map((question) => this.isolate(question, () => this.facts.candidates(question))),
    );
    const known = candidates.flatMap((port) => ('read' in port && 'servers' in port.read ? [port.read] : []));
    const listing = await this.facts.list(known);
    return Promise.all(
      candidates.map(async (port, index) => {
        const question = questions[index];
        if (question === undefined || 'failed' in port)
          return 'failed' in port ? port.failed : Promise.reject(new Error('a port without a question'));
        if ('unreadNodes' in port.read) return unread(question, port.read.unreadNodes);
        const { read } = port;
        const answer = await this.isolate(question, () => this.answer(question, read, listing));
        return 'failed' in answer ? answer.failed : answer.read;
      }),
    );
  }

  /** A fault met while reading one port is that port's own; a list that all share, and cancellation, concern all. */
  private async isolate<T>(
    question: PortQuestion,
    read: () => Promise<T>,
  ): Promise<{ read: T } | { failed: PortServers }> {
    try {
      return { read: await read() };
    } catch (error) {
      if (this.signal.aborted) throw error;
      return { failed: { ...nobody(question), error: reportError(error) } };
    }
  }

  private async answer(
    question: PortQuestion,
    candidates: Exclude<Candidates, { unreadNodes: unknown }>,
    listing: Awaited<ReturnType<PortFactsReader['list']>>,
  ): Promise<PortServers> {
    const here = { device: this.device, port: question.port };
    const servers = await this.facts.servers(question, candidates, listing);
    if ('unreadNodes' in servers) return unread(question, servers.unreadNodes);
    const facts: PortFacts = {
      here,
      explainedIps: question.explainedIps,
      deletedServerIds: question.deletedServerIds ?? [],
      nodes: question.nodes.map(({ cluster, node }) => ({ cluster, node })),
      isUplink: this.facts.isConfiguredUplink(question),
      servers,
      holders: await this.holdersOf(question, servers),
    };
    const membership = membersOf(facts);
    await this.askFirst(membership);
    const unreadable = unreadServers(servers);
    const notes = membership.notes.filter((note) => isNews(note, servers, facts));
    return {
      port: question.port,
      dedicated: membership.dedicated,
      guests: membership.guests,
      removals: membership.removals,
      missingGuests: membership.retained,
      ...(membership.openDeletions.length === 0 ? {} : { openDeletions: membership.openDeletions }),
      ...(unreadable === undefined ? {} : { unread: unreadable }),
      ...(notes.length === 0 ? {} : { notes }),
      ...(membership.unmet === undefined ? {} : { unmet: membership.unmet }),
    };
  }

  /** Asked only when something may go because its server no longer has it. */
  private async holdersOf(question: PortQuestion, servers: readonly ServerFacts[]): Promise<PortFacts['holders']> {
    const vanished = [...new Set(servers.flatMap((server) => vanishedIps(server, question.explainedIps)))];
    return vanished.length === 0
      ? { holders: new Map(), unread: [] }
      : this.deps.panel.addressHolders(vanished, this.signal);
  }

  /** The ports to which servers went are looked at before anything of them is removed here. */
  private async askFirst({ next }: Membership): Promise<void> {
    for (const { device, port, serverId, node } of next) {
      await this.deps.enlister.enlist(device, {
        port,
        serverIds: [serverId],
        nodes: node === undefined ? [] : [node],
        explainedIps: [],
      });
    }
  }
}

/** Servers whose entry could not be read, when that may pass by itself. A panel that contradicts itself is left to a person. */
function unreadServers(servers: readonly ServerFacts[]): PortServers['unread'] {
  const passing = servers.flatMap(({ serverId, entry }) =>
    entry.state === 'uncertain' && entry.error !== undefined ? [{ serverId, error: entry.error }] : [],
  );
  const [first] = passing;
  return first === undefined ? undefined : { serverIds: passing.map(({ serverId }) => serverId), error: first.error };
}

/** Whether a note says anything that the placement does not, if everything that the server has gets bound. */
function isNews(note: PlacementNote, servers: readonly ServerFacts[], { here }: PortFacts): boolean {
  const { placement } = servers.find((server) => server.serverId === note.serverId) ?? {};
  if (note.at !== 'here' || placement === undefined) return true;
  const expected = notePass(placement, note, here, new Set<IpAddress>(note.ips));
  return (
    expected === undefined ||
    !isDeepStrictEqual(sorted(expected), sorted(placement)) ||
    formerPorts(expected, note, here).length > 0
  );
}

/** A placement with its ports in a fixed order. */
function sorted<T extends { readonly ports: readonly { readonly device: string; readonly port: string }[] }>(
  placement: T,
): T {
  return {
    ...placement,
    ports: [...placement.ports].sort((a, b) => `${a.device} ${a.port}`.localeCompare(`${b.device} ${b.port}`)),
  };
}

/** The answer for a port of which nothing is known. */
function nobody({ port, explainedIps }: PortQuestion): PortServers {
  return {
    port,
    dedicated: [],
    guests: [],
    removals: { named: explainedIps, absent: [] },
    missingGuests: [],
  };
}

function unread(question: PortQuestion, unreadNodes: readonly NodeSubject[]): PortServers {
  return { ...nobody(question), unreadNodes };
}
