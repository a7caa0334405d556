import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance, type CreateAxiosDefaults } from 'axios';

/** How far a service is trusted. */
export interface BoundedHttpOptions {
  readonly baseURL?: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sockets kept open and used at once. */
  readonly maxSockets: number;
  /** Larger answers are refused. */
  readonly maxAnswerBytes: number;
  /** PEM certificates that sign the service's certificate, instead of the system's. */
  readonly ca?: string;
  /** The service's certificate is not checked: only when the operator says so. */
  readonly insecure?: boolean;
}

/**
 * HTTP to one service: through no proxy, following no redirect, with answers of bounded size that arrive as text whatever
 * their status. It has no time limit of its own: a request's signal sets it.
 */
export class BoundedHttp {
  readonly http: AxiosInstance;
  private readonly agents: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent };

  constructor({ baseURL, headers, maxSockets, maxAnswerBytes, ca, insecure }: BoundedHttpOptions) {
    const sockets = { keepAlive: true, maxSockets };
    this.agents = {
      httpAgent: new HttpAgent(sockets),
      httpsAgent: new HttpsAgent({
        ...sockets,
        ...(ca === undefined ? {} : { ca }),
        ...(insecure === true ? { rejectUnauthorized: false } : {}),
      }),
    };
    const defaults: CreateAxiosDefaults<string> = {
      ...this.agents,
      ...(baseURL === undefined ? {} : { baseURL }),
      adapter: 'http',
      proxy: false,
      maxRedirects: 0,
      maxContentLength: maxAnswerBytes,
      responseType: 'text',
      transformResponse: (body: unknown) => body,
      validateStatus: () => true,
      headers,
    };
    this.http = axios.create(defaults);
  }

  /** Closes the connections. */
  close(): void {
    this.agents.httpAgent.destroy();
    this.agents.httpsAgent.destroy();
  }
}
