import { PortwardenError } from '../errors';
import type { ServerId } from '../event/event';
import { samePort, type PortRef } from '../values/port';

/** A server at a port that the configuration gives it. */
export interface ConfiguredLink extends PortRef {
  readonly serverId: ServerId;
}

/** A port that carries tags of servers. */
export interface TaggedPort extends PortRef {
  /** All servers whose tags it carries. */
  readonly servers: readonly ServerId[];
}

/** What says which port of its own a server has. */
export interface LinkEvidence {
  /** Every link of the configuration. */
  readonly configured: readonly ConfiguredLink[];
  /** The ports that carry a tag of the server. */
  readonly tagged: readonly TaggedPort[];
  /** The servers whose tags the port carries that the configuration gives the server. */
  readonly tagsOfConfigured: readonly ServerId[];
}

/**
 * The one port of its own that a server has; undefined when nothing gives it one.
 * @throws PortwardenError `port-link-contradiction` when tags and configuration do not agree on one port for one server.
 */
export function linkedPort(server: ServerId, evidence: LinkEvidence): PortRef | undefined {
  const { configured, tagged, tagsOfConfigured } = evidence;
  const link = configured.find(({ serverId }) => serverId === server);
  const [first, second] = tagged;
  if (first !== undefined && second !== undefined)
    throw contradiction(`${textOf(first)} and ${textOf(second)} both carry the tag of server ${server}`);
  if (link !== undefined && first !== undefined && !samePort(link, first))
    throw contradiction(
      `the configuration gives server ${server} ${textOf(link)}, and ${textOf(first)} carries its tag`,
    );
  const port = link ?? first;
  if (port === undefined) return undefined;
  const other = [...(first?.servers ?? []), ...tagsOfConfigured].find((one) => one !== server);
  if (other !== undefined)
    throw contradiction(`${textOf(port)} is that of server ${server}, and carries the tag of server ${other}`);
  const holder = configured.find((one) => one.serverId !== server && samePort(one, port));
  if (holder !== undefined)
    throw contradiction(
      `${textOf(port)} carries the tag of server ${server}, and the configuration gives it to server ${holder.serverId}`,
    );
  return { device: port.device, port: port.port };
}

function contradiction(what: string): PortwardenError {
  return new PortwardenError('port-link-contradiction', `${what}: it is not known whose addresses belong there`);
}

function textOf({ device, port }: PortRef): string {
  return `port ${port} of ${device}`;
}
