import { tryParseIp, type IpAddress } from '../values/ip';
import { addressKind } from './address';

/** What an endpoint's configuration allows beyond https to public addresses. */
export interface TargetRules {
  /** Addresses of private networks and of this machine. */
  readonly allowPrivate: boolean;
  /** Plain http, to private addresses and this machine only. */
  readonly allowHttp: boolean;
}

/** Where notifications go. */
export interface Target {
  readonly isSecure: boolean;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** What may be shown: a path may be a secret. */
  readonly origin: string;
}

/** The longest URL that is taken. */
const LONGEST = 2_048;

/**
 * Reads the address of an endpoint; throws a RangeError naming the rule, never the text. A host that is an address is judged here, a name
 * when it is connected to.
 */
export function readTarget(text: string, rules: TargetRules): Target {
  const url = text.length > LONGEST ? undefined : tryParseUrl(text);
  if (url === undefined) throw new RangeError('must be a URL such as https://hooks.example.com/portwarden');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new RangeError('must be an https:// URL');
  if (url.username !== '' || url.password !== '') throw new RangeError('must not contain a user name or password');
  if (url.hash !== '') throw new RangeError('must not contain a fragment');
  const isSecure = url.protocol === 'https:';
  if (!isSecure && !rules.allowHttp)
    throw new RangeError('must be an https:// URL; http:// needs allowHttp: true, and goes to private addresses only');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const ip = tryParseIp(host);
  const refusal = ip === undefined ? undefined : addressRefusal(ip, isSecure, rules);
  if (refusal !== undefined) throw new RangeError(refusal);
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { isSecure, host, port, path: `${url.pathname}${url.search}`, origin: url.origin };
}

/** Why no connection is made to an address; undefined when one may be. */
export function addressRefusal(ip: IpAddress, isSecure: boolean, rules: TargetRules): string | undefined {
  const kind = addressKind(ip);
  if (kind === 'forbidden') return 'must not lead to a link-local, metadata, multicast or reserved address';
  if (kind !== 'public' && !rules.allowPrivate) return `must not lead to a ${kind} address unless allowPrivate: true`;
  if (kind === 'public' && !isSecure) return 'must be https:// where it leads to a public address';
  return undefined;
}

function tryParseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
