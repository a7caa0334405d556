/** What an API answers with instead of what was asked for. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    /** `NeutronError.type`. */
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** An answer over HTTP; `body` is JSON, or a page as text. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Most of what the request itself does wrong. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, 'HTTPBadRequest', message);
}

/** A refusal as Neutron words it. */
export function neutronError({ status, type, message }: Refusal): Answer {
  return { status, body: { NeutronError: { type, message, detail: '' } } };
}

/** No token, a wrong one, one that has expired, or one that was revoked: all look alike. */
export function unauthorized(keystoneUrl: string): Answer {
  return {
    status: 401,
    body: {
      error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
    },
    headers: { 'Www-Authenticate': `Keystone uri="${keystoneUrl}"` },
  };
}

/** What Neutron's middleware answers while Keystone is away: a page, no JSON. */
export const KEYSTONE_AWAY: Answer = {
  status: 503,
  body: '<html><head><title>503 Service Unavailable</title></head><body>The Keystone service is temporarily unavailable.</body></html>',
  headers: { 'Content-Type': 'text/html; charset=UTF-8' },
};

/** A value of a request as text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
