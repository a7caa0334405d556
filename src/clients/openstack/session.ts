import type { LoginWord } from '../../domain/alarms/sourceState';
import { PortwardenError } from '../../domain/errors';
import { refusalOf, seenAnswer } from '../seenAnswer';
import { abortable } from '../../primitives/concurrency';
import { CloudHttp, type CloudAnswer, type CloudRequest } from './exchange';
import { failureOf, unreadable } from './failure';
import type { CloudLogin, CloudOptions } from './options';
import { keystoneError, tokenAnswer } from './schemas';

/** The project that a login is for, and the roles that it has there. */
export interface LoginProject {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** A token while it is good. It lives in memory only. */
interface CloudToken {
  readonly value: string;
  /** Unix milliseconds from which on it is renewed. */
  readonly renewAt: number;
  readonly networkUrl: string;
  readonly project: LoginProject;
}

const AUTHENTICATE = 'POST /v3/auth/tokens';
/** A token is renewed so long before it expires, or after half of a shorter life. */
const EARLIER_MS = 300_000;

/** A login at a cloud: one token for all requests, renewed in time, and once when Neutron refuses it. */
export class CloudSession {
  private readonly http: CloudHttp;
  private held: CloudToken | undefined;
  private renewal: Promise<CloudToken> | undefined;

  constructor(private readonly options: CloudOptions) {
    this.http = new CloudHttp(options);
  }

  /** The project that the login is for. */
  async project(signal: AbortSignal): Promise<LoginProject> {
    return (await this.token(signal)).project;
  }

  /**
   * A request to Neutron. A token that it refuses is renewed, and the request repeated, once.
   * @param path below `/v2.0`, such as `/ports`, or a whole address as the cloud gave it.
   * @throws PortwardenError `device-authentication`, `device-unreachable`, `device-timeout`, `device-not-configured`.
   */
  async ask(path: string, request: Omit<CloudRequest, 'url'>): Promise<CloudAnswer> {
    const used = await this.token(request.signal);
    const answer = await this.send(used, path, request);
    if (answer.status !== 401) return this.seen(answer);
    // It may have ended: only a new one that is refused too says something of the login.
    this.drop(used);
    const again = await this.send(await this.token(request.signal), path, request);
    this.seen(again);
    if (again.status === 401) throw failureOf(`${request.method} ${path}`, again);
    return again;
  }

  /** Tells what Neutron's answer says of the login. */
  private seen(answer: CloudAnswer): CloudAnswer {
    const { status, clock } = answer;
    this.options.observe?.(seenAnswer(status < 300 ? 'accepted' : refusalOf(status), clock));
    return answer;
  }

  close(): void {
    this.http.close();
  }

  private send(token: CloudToken, path: string, request: Omit<CloudRequest, 'url'>): Promise<CloudAnswer> {
    const url = path.startsWith('http') ? sameOrigin(path, token.networkUrl) : `${token.networkUrl}${path}`;
    return this.http.send({ ...request, url, headers: { ...request.headers, 'X-Auth-Token': token.value } });
  }

  /** One renewal at a time, which all wait for; whoever gives up does not end it for the others. */
  private async token(signal: AbortSignal): Promise<CloudToken> {
    if (this.held !== undefined && this.held.renewAt > Date.now()) return this.held;
    this.renewal ??= this.authenticate(new AbortController().signal)
      .then((token) => (this.held = token))
      .finally(() => {
        this.renewal = undefined;
      });
    return abortable(this.renewal, signal);
  }

  private drop(token: CloudToken): void {
    if (this.held === token) this.held = undefined;
  }

  private async authenticate(signal: AbortSignal): Promise<CloudToken> {
    const { authUrl, login } = this.options;
    const url = `${authUrl.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3/auth/tokens`;
    const answer = await this.http.send({ method: 'POST', url, body: { auth: authOf(login) }, signal });
    this.options.observe?.(seenAnswer(loginWordOf(answer), answer.clock));
    if (answer.status !== 201) throw loginFailure(answer);
    const value = answer.header('x-subject-token');
    const read = tokenAnswer.safeParse(answer.body);
    if (value === undefined || !read.success) throw unreadable(AUTHENTICATE, 'the answer is no token of Keystone v3');
    const { project, roles, catalog, expires_at } = read.data.token;
    if (project === undefined || catalog === undefined)
      throw new PortwardenError(
        'device-not-configured',
        'The login is for no project, so it has no right in the cloud',
      );
    const life = Math.max(Date.parse(expires_at) - Date.now(), 0);
    const renewAt = Date.now() + Math.max(life - EARLIER_MS, life / 2);
    const loginProject = { ...project, roles: roles.map(({ name }) => name) };
    return { value, renewAt, project: loginProject, networkUrl: this.networkUrl(catalog) };
  }

  private networkUrl(catalog: NonNullable<(typeof tokenAnswer)['_output']['token']['catalog']>): string {
    const { region, interface: wanted } = this.options;
    const endpoints = catalog
      .filter(({ type }) => type === 'network')
      .flatMap((service) => service.endpoints)
      .filter((one) => one.interface === wanted && (region === undefined || one.region_id === region));
    const [first, ...others] = endpoints;
    if (first === undefined || others.some(({ url }) => url !== first.url)) {
      const where = region === undefined ? '' : ` in region ${region}`;
      const what = first === undefined ? 'has no' : 'has several';
      throw new PortwardenError(
        'device-not-configured',
        `The cloud's catalog ${what} ${wanted} endpoint of the network service${where}; name the region and the interface`,
      );
    }
    const base = first.url.replace(/\/+$/, '');
    return base.endsWith('/v2.0') ? base : `${base}/v2.0`;
  }
}

/** What Keystone says of the login. */
function loginWordOf(answer: CloudAnswer): LoginWord | undefined {
  if (answer.status === 201) return 'accepted';
  return loginFailure(answer).code === 'device-authentication' ? 'refused' : undefined;
}

/** An application credential that does not exist is answered with 404, every other bad login with 401. */
function loginFailure(answer: CloudAnswer): PortwardenError {
  const failure = failureOf(AUTHENTICATE, answer);
  const isKeystone = keystoneError.safeParse(answer.body).success;
  if (answer.status !== 404) return failure;
  return isKeystone
    ? new PortwardenError('device-authentication', failure.message)
    : unreadable(AUTHENTICATE, 'there is no Keystone v3 at this address');
}

/** The body of a login. Secrets are in it: it is sent, and goes nowhere else. */
function authOf(login: CloudLogin): object {
  if (login.method === 'password') {
    const { user, password, project } = login;
    return { identity: { methods: ['password'], password: { user: { ...user, password } } }, scope: { project } };
  }
  const { credential, secret } = login;
  return {
    identity: { methods: ['application_credential'], application_credential: { ...credential, secret } },
  };
}

/** The token goes to the address of the catalog only, wherever a link of an answer points. */
function sameOrigin(link: string, networkUrl: string): string {
  const { pathname, search } = new URL(link);
  return `${new URL(networkUrl).origin}${pathname}${search}`;
}
