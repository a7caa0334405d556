import { PortwardenError } from '../../domain/errors';
import {
  child,
  childrenOf,
  childText,
  descendant,
  element,
  NETCONF_NAMESPACE,
  parseXml,
  serialize,
  type XmlElement,
} from './xml';

/** What the server's hello said (RFC 6241 section 8.1). */
export interface ServerHello {
  readonly sessionId?: string;
  /** Normalised, see `normalizeCapability`. */
  readonly capabilities: ReadonlySet<string>;
}

/** The base protocol with end-of-message framing. */
const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0';
/** The base protocol with chunked framing. */
export const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1';
/** Present in the hello of every Junos device. */
export const JUNOS_CAPABILITY = 'http://xml.juniper.net/netconf/junos/1.0';

const CLIENT_HELLO = `<?xml version="1.0" encoding="UTF-8"?>\n${serialize(
  element(
    'hello',
    { xmlns: NETCONF_NAMESPACE },
    element('capabilities', {}, element('capability', {}, BASE_1_0), element('capability', {}, BASE_1_1)),
  ),
)}`;

/** Our hello. It goes out as soon as the channel is open, for each peer must send one without waiting for the other's. */
export function clientHello(): string {
  return CLIENT_HELLO;
}

/**
 * Spells a capability one way: parameters (`?module=…`) dropped, and the URIs of older Junos
 * (`urn:ietf:params:xml:ns:netconf:capability:candidate:1.0`) written as the standard has them.
 */
export function normalizeCapability(uri: string): string {
  const [plain = ''] = uri.trim().split('?', 1);
  return plain.replace(/^urn:ietf:params:xml:ns:netconf:(base|capability):/, 'urn:ietf:params:netconf:$1:');
}

/**
 * Reads the server's hello.
 * @throws PortwardenError `device-unreachable` when the device reports an error in place of or inside the hello (it
 *   cannot serve now), `device-protocol` when the text is not a hello or shares no base version with us.
 */
export function parseHello(text: string): ServerHello {
  const root = readHello(text);
  const refusal = descendant(root, 'rpc-error');
  if (refusal !== undefined) throw refused(childText(refusal, 'error-message'));
  if (root.name !== 'hello') {
    throw new PortwardenError(
      'device-protocol',
      `The device began with <${root.name.slice(0, 40)}> in place of <hello>.`,
    );
  }
  const capabilities = new Set(
    childrenOf(child(root, 'capabilities'), 'capability').map((capability) => normalizeCapability(capability.text)),
  );
  if (!capabilities.has(BASE_1_0) && !capabilities.has(BASE_1_1)) {
    throw new PortwardenError('device-protocol', 'The hello of the device offers neither base:1.0 nor base:1.1.');
  }
  const sessionId = childText(root, 'session-id');
  return { capabilities, ...(sessionId === undefined || sessionId === '' ? {} : { sessionId }) };
}

function readHello(text: string): XmlElement {
  try {
    return parseXml(text).root;
  } catch (error) {
    // Junos that cannot serve has been seen to break off its hello with an rpc-reply inside.
    if (/<(?:[\w.-]+:)?rpc-error[\s>]/.test(text)) {
      throw refused(/<(?:[\w.-]+:)?error-message[^>]*>([^<]*)</.exec(text)?.[1]);
    }
    throw error;
  }
}

function refused(message: string | undefined): PortwardenError {
  const said = (message ?? 'no reason given').replace(/\s+/g, ' ').trim().slice(0, 300);
  return new PortwardenError('device-unreachable', `The device refuses the NETCONF session: ${said}`);
}
