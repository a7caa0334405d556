import { isDeepStrictEqual } from 'node:util';
import { namedRemovals } from '../../domain/change/removals';
import type { IpAddress } from '../../domain/values/ip';
import type { NextPort } from '../../domain/servers/membership/finding';
import { unautomatedAt } from '../../domain/servers/membership/unautomated';
import { membersOf } from '../../domain/servers/membership/membersOf';
import { formerPorts, notePass, type PlacementNote } from '../../domain/servers/placement';
import type { StandingFinding } from '../../domain/standing';
import type { PortFacts, ServerFacts } from '../../domain/servers/portFacts';
import type { Placement } from '../../domain/servers/server';
import type { PortQuestion, PortServers } from '../../protocol/activities';
import type { PortReading } from './portFacts';

/** What the rules say of one port. */
export interface JudgedPort {
  readonly servers: PortServers;
  /** The ports that must be looked at before anything of their servers is removed here. */
  readonly next: readonly NextPort[];
  /** Servers and guests at the port that are not automated; absent when that was not found out. */
  readonly unautomated?: readonly StandingFinding[];
}

/**
 * Answers who is behind a port by the rules of `domain/servers/membership`, from what was read of it. Pure: the caller
 * decides whether the ports in `next` are asked for.
 */
export function judgePort(reading: PortReading): JudgedPort {
  const { question } = reading;
  if ('error' in reading) return failedPort(question, reading.error);
  if ('unreadNodes' in reading) return { servers: { ...nobody(question), unreadNodes: reading.unreadNodes }, next: [] };
  const { facts } = reading;
  const { dedicated, guests, removals, retained, openDeletions, againAfterMs, unmet, next, ...membership } =
    membersOf(facts);
  const unread = unreadServers(facts.servers);
  const notes = membership.notes.filter((note) => isNews(note, facts)).map((note) => withTime(note, facts));
  return {
    servers: {
      port: question.port,
      dedicated,
      guests,
      removals,
      missingGuests: retained,
      ...(openDeletions.length === 0 ? {} : { openDeletions }),
      ...(unread === undefined ? {} : { unread }),
      ...(againAfterMs === undefined ? {} : { againAfterMs }),
      ...(notes.length === 0 ? {} : { notes }),
      ...(unmet === undefined ? {} : { unmet }),
    },
    next,
    unautomated: unautomatedAt(facts, question.nodes),
  };
}

/** A port about which nothing could be found out: it goes back to the queue. */
export function failedPort(question: PortQuestion, error: NonNullable<PortServers['error']>): JudgedPort {
  return { servers: { ...nobody(question), error }, next: [] };
}

/** Servers whose entry could not be read, when that may pass by itself. A panel that contradicts itself is left to a person. */
function unreadServers(servers: readonly ServerFacts[]): PortServers['unread'] {
  const passing = servers.flatMap(({ serverId, entry }) =>
    entry.state === 'uncertain' && entry.error !== undefined ? [{ serverId, error: entry.error }] : [],
  );
  const [first] = passing;
  return first === undefined ? undefined : { serverIds: passing.map(({ serverId }) => serverId), error: first.error };
}

function withTime(note: PlacementNote, { servers }: PortFacts): PlacementNote {
  const seenAt = servers.find(({ serverId }) => serverId === note.serverId)?.seenAt;
  return seenAt === undefined ? note : { ...note, seenAt };
}

/** Whether a note says anything that the placement does not, if everything that the server has gets bound. */
function isNews(note: PlacementNote, { servers, here }: PortFacts): boolean {
  const { placement } = servers.find((server) => server.serverId === note.serverId) ?? {};
  if (note.at !== 'here' || placement === undefined) return true;
  const expected = notePass(placement, note, here, new Set<IpAddress>(note.ips));
  return (
    expected === undefined ||
    !isDeepStrictEqual(content(expected), content(placement)) ||
    formerPorts(expected, note, here).length > 0
  );
}

/** What a placement says, with its ports in a fixed order. When it was seen is no news. */
function content(placement: Placement): Omit<Placement, 'seenAt'> {
  const { serverId, kind, ips, guest, ports } = placement;
  const sorted = [...ports].sort((a, b) => `${a.device} ${a.port}`.localeCompare(`${b.device} ${b.port}`));
  return { serverId, kind, ips, ports: sorted, ...(guest === undefined ? {} : { guest }) };
}

/** The answer for a port of which nothing is known. */
function nobody({ port, explainedIps }: PortQuestion): PortServers {
  return {
    port,
    dedicated: [],
    guests: [],
    removals: namedRemovals(explainedIps),
    missingGuests: [],
  };
}
