import type { ErrorCode } from '../errors';

/** What became of one try to deliver. */
export type DeliveryAnswer =
  | { readonly kind: 'delivered'; readonly status: number }
  /** The receiver wants nothing any more. */
  | { readonly kind: 'gone'; readonly status: number; readonly error: string }
  | {
      readonly kind: 'failed';
      readonly status?: number;
      /** Begins with an error code and a colon. */
      readonly error: string;
      readonly retryAfterMs?: number;
    };

const GONE = 410;
const REFUSED: ErrorCode = 'notification-refused';

/**
 * What a receiver's answer means, as Standard Webhooks says: 2xx is success, 410 ends the endpoint, all else failed. Redirects are not
 * followed, so they failed too.
 */
export function readAnswer(
  status: number,
  words: string | undefined,
  retryAfterMs: number | undefined,
): DeliveryAnswer {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  const said = `${REFUSED}: The receiver answered with ${status}${words === undefined ? '' : ` (${words})`}`;
  if (status === GONE) return { kind: 'gone', status, error: said };
  const error = status >= 300 && status < 400 ? `${said}; redirects are not followed` : said;
  return { kind: 'failed', status, error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
