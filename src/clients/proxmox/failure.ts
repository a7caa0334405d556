import { PortwardenError, type ErrorCode } from '../../domain/errors';
import { parseBoundedJson } from '../../primitives/boundedJson';
import { PIN_MISMATCH } from './trust';

/** An answer of the API with a status of 400 or more. */
export interface RefusedAnswer {
  readonly status: number;
  /** The status line's reason phrase: Proxmox puts its message there. */
  readonly reason: string;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

/** A call as messages name it. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api2/json`. */
  readonly path: string;
}

/** Turns a refused answer into an error. The codes 595 to 599 are pveproxy's own for a failed hop to another node. */
export function refusalError(
  cluster: string,
  { method, path }: Call,
  answer: RefusedAnswer,
  token: string,
): PortwardenError {
  const parameters = faultyParameters(answer.body);
  const said = scrub(
    [answer.reason, ...bodyMessages(answer.body)].find((text) => text !== '') ?? 'no reason given',
    token,
  );
  const wrong = parameters.length === 0 ? '' : ` (${scrub(parameters.join('; '), token)})`;
  const node = /^\/nodes\/([^/]+)/.exec(path)?.[1];
  const message = `Proxmox cluster ${cluster}: ${method} ${path}: ${answer.status} ${said}${wrong}`;
  const retryAfterMs = retryDelay(answer.retryAfter);
  return new PortwardenError(codeOf(answer.status, node), message, {
    details: { cluster, path, status: answer.status, said: `${said}${wrong}`, node },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function codeOf(status: number, node: string | undefined): ErrorCode {
  if (status === 401) return 'proxmox-unauthorized';
  if (status === 403) return 'proxmox-forbidden';
  if (status === 595) return node === undefined ? 'proxmox-unreachable' : 'proxmox-node-down';
  return 'proxmox-failed';
}

/** Whether the answer only says that this API host could not pass the request on, so that another host may. */
export function isHopFailure(status: number): boolean {
  return status === 596 || status === 599;
}

/** Whether a call does not exist in the cluster's version. */
export function isNotImplemented(error: unknown): boolean {
  return error instanceof PortwardenError && error.details['status'] === 501;
}

/** One API host's failure before any answer arrived. */
export interface HostFailure {
  readonly host: string;
  readonly certificate: boolean;
  readonly said: string;
}

/** Describes why a host gave no answer, without anything of the request. */
export function hostFailure(host: URL, error: unknown, token: string): HostFailure {
  const code = errorCode(error);
  const text = error instanceof Error ? error.message : String(error);
  const said = scrub(code === undefined || text.includes(code) ? text : `${text} (${code})`, token);
  return { host: host.host, certificate: code !== undefined && isCertificateCode(code), said };
}

/** The error once every API host failed. */
export function noHostError(
  cluster: string,
  { method, path }: Call,
  failures: readonly HostFailure[],
): PortwardenError {
  const certificate = failures.length > 0 && failures.every((failure) => failure.certificate);
  const list = failures.map((failure) => `${failure.host}: ${failure.said}`).join('; ');
  const what = certificate ? 'no API host shows a trusted certificate' : 'no API host answers';
  return new PortwardenError(
    certificate ? 'proxmox-certificate' : 'proxmox-unreachable',
    `Proxmox cluster ${cluster}: ${method} ${path}: ${what} (${list})`,
    { details: { cluster, path } },
  );
}

/** An answer that is not what the API describes. */
export function invalidAnswer(
  cluster: string,
  path: string,
  rule: string,
  method: Call['method'] = 'GET',
): PortwardenError {
  return new PortwardenError('proxmox-invalid-answer', `Proxmox cluster ${cluster}: ${method} ${path}: ${rule}`, {
    details: { cluster, path },
  });
}

/** The system or TLS error code of anything thrown. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? errorCode(error.cause) : undefined;
}

/** Codes of https://nodejs.org/api/tls.html#x509-certificate-error-codes and of host name and pin checks. */
export function isCertificateCode(code: string): boolean {
  return (
    code === PIN_MISMATCH ||
    code === 'ERR_TLS_CERT_ALTNAME_INVALID' ||
    /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERROR_IN_CERT_)/.test(
      code,
    )
  );
}

/** Removes the token and its secret part from a text that a server or library produced. */
export function scrub(text: string, token: string): string {
  const secret = token.slice(token.indexOf('=') + 1);
  const clean = text.replaceAll(token, '[token]').replaceAll(secret, '[token]').replace(/\s+/g, ' ').trim();
  return clean.length > 500 ? `${clean.slice(0, 500)}…` : clean;
}

/** An error's body is small. */
const ERROR_LIMITS = { containers: 1_000 };

function bodyMessages(body: string): string[] {
  if (body === '') return [];
  try {
    const parsed = parseBoundedJson(body, ERROR_LIMITS);
    const message = typeof parsed === 'object' && parsed !== null && 'message' in parsed ? parsed.message : undefined;
    return typeof message === 'string' ? [message] : [];
  } catch {
    return [body];
  }
}

/** What is wrong with which parameter of the call, as `Parameter verification failed.` comes with. */
function faultyParameters(body: string): string[] {
  try {
    const parsed = parseBoundedJson(body, ERROR_LIMITS);
    const errors = typeof parsed === 'object' && parsed !== null && 'errors' in parsed ? parsed.errors : undefined;
    if (typeof errors !== 'object' || errors === null) return [];
    return Object.entries(errors).map(([name, rule]) => `${name}: ${String(rule).trim()}`);
  } catch {
    return [];
  }
}

function retryDelay(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : undefined;
}
