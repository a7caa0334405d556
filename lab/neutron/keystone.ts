import { randomBytes } from 'node:crypto';
import { unauthorized, type Answer } from './answers';
import type { ApplicationCredential, Caller, CloudState } from './world';

/** How tokens are given out. */
export interface KeystoneOptions {
  /** How long a token is good, in seconds. */
  readonly tokenSeconds: number;
  readonly keystoneUrl: string;
  readonly neutronUrl: string;
  readonly region: string;
}

interface Named {
  readonly id?: string;
  readonly name?: string;
  readonly domain?: { readonly id?: string; readonly name?: string };
}

interface AuthRequest {
  readonly identity?: {
    readonly methods?: readonly string[];
    readonly password?: { readonly user?: Named & { readonly password?: string } };
    readonly application_credential?: Named & { readonly secret?: string; readonly user?: Named };
  };
  readonly scope?: { readonly project?: Named };
}

interface Token {
  readonly caller: Caller | undefined;
  readonly expires: number;
}

const DOMAIN = { id: 'default', name: 'Default' };

/** Gives out tokens, and says whose they are. */
export class Keystone {
  private readonly tokens = new Map<string, Token>();
  private readonly roleIds = new Map<string, string>();
  /** How many tokens were given out. */
  issued = 0;

  constructor(
    private readonly state: CloudState,
    readonly options: KeystoneOptions,
  ) {}

  /** `POST /v3/auth/tokens`. */
  authenticate(body: unknown): Answer {
    const auth = (body as { auth?: AuthRequest } | undefined)?.auth;
    const [method] = auth?.identity?.methods ?? [];
    if (auth === undefined || method === undefined) return badAuth();
    if (method === 'application_credential') return this.byCredential(auth);
    return method === 'password' ? this.byPassword(auth) : this.refused();
  }

  /** `GET /v3`, which clients look at before they log in. */
  version(): Answer {
    const links = [{ rel: 'self', href: `${this.options.keystoneUrl}/` }];
    const media = { base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' };
    return {
      status: 200,
      body: {
        version: { id: 'v3.14', status: 'stable', updated: '2020-04-07T00:00:00Z', links, 'media-types': [media] },
      },
    };
  }

  /** Whose token it is; undefined for none that is good. */
  callerOf(token: string | undefined): Caller | undefined {
    const known = token === undefined ? undefined : this.tokens.get(token);
    return known === undefined || known.expires <= Date.now() ? undefined : known.caller;
  }

  /** Every token that was given out is bad from now on. */
  revokeAll(): void {
    this.tokens.clear();
  }

  private byPassword({ identity, scope }: AuthRequest): Answer {
    const given = identity?.password?.user;
    const user = [...this.state.users.values()].find(({ id, name }) => id === given?.id || name === given?.name);
    if (user === undefined || user.password !== given?.password) return this.refused();
    if (scope?.project === undefined) return this.issue('password', user.id, user.name, undefined);
    const { id, name } = scope.project;
    const project = [...this.state.projects.values()].find((one) => one.id === id || one.name === name);
    const roles = project === undefined ? undefined : user.roles.get(project.id);
    if (project === undefined || roles === undefined) return this.refused();
    return this.issue('password', user.id, user.name, { user: user.name, projectId: project.id, roles });
  }

  private byCredential({ identity, scope }: AuthRequest): Answer {
    const given = identity?.application_credential;
    const credential = [...this.state.credentials.values()].find(
      ({ id, name, user }) =>
        id === given?.id || (given !== undefined && name === given.name && user === given.user?.name),
    );
    if (given?.id !== undefined && credential === undefined) return noSuchCredential(given.id);
    if (scope !== undefined)
      return this.refused(
        'Error authenticating with application credential: Application credentials cannot request a scope.',
      );
    if (credential === undefined || credential.secret !== given?.secret) return this.refused();
    const { user, projectId, roles } = credential;
    const owner = this.state.users.get(user);
    return this.issue('application_credential', owner?.id ?? user, user, { user, projectId, roles }, credential);
  }

  private issue(
    method: string,
    userId: string,
    userName: string,
    caller: Caller | undefined,
    credential?: ApplicationCredential,
  ): Answer {
    const token = `gAAAAAB${randomBytes(48).toString('base64url')}`;
    const expires = Date.now() + this.options.tokenSeconds * 1000;
    this.tokens.set(token, { caller, expires });
    this.issued += 1;
    const project = caller === undefined ? undefined : this.state.projects.get(caller.projectId);
    const roles = caller === undefined ? [] : caller.roles.map((name) => ({ id: this.roleId(name), name }));
    const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
    return {
      status: 201,
      headers: { 'X-Subject-Token': token },
      body: {
        token: {
          methods: [method],
          user: { domain: DOMAIN, id: userId, name: userName, password_expires_at: null },
          audit_ids: [randomBytes(16).toString('base64url')],
          expires_at: time(expires),
          issued_at: time(Date.now()),
          ...(project === undefined
            ? {}
            : {
                project: { domain: DOMAIN, ...project },
                is_domain: false,
                roles,
                catalog: this.catalog(),
              }),
          ...(credential === undefined
            ? {}
            : { application_credential: { id: credential.id, name: credential.name, restricted: true } }),
        },
      },
    };
  }

  private roleId(name: string): string {
    const id = this.roleIds.get(name) ?? randomBytes(16).toString('hex');
    this.roleIds.set(name, id);
    return id;
  }

  private catalog(): readonly unknown[] {
    const { keystoneUrl, neutronUrl, region } = this.options;
    const service = (type: string, name: string, url: string): unknown => ({
      endpoints: ['public', 'internal', 'admin'].map((one) => ({
        id: randomBytes(16).toString('hex'),
        interface: one,
        region_id: region,
        url,
        region,
      })),
      id: randomBytes(16).toString('hex'),
      type,
      name,
    });
    return [service('identity', 'keystone', keystoneUrl), service('network', 'neutron', neutronUrl)];
  }

  private refused(message?: string): Answer {
    const answer = unauthorized(this.options.keystoneUrl);
    return message === undefined
      ? answer
      : { ...answer, body: { error: { code: 401, message, title: 'Unauthorized' } } };
  }
}

function noSuchCredential(id: string): Answer {
  const message = `Could not find Application Credential: ${id}.`;
  return { status: 404, body: { error: { code: 404, message, title: 'Not Found' } } };
}

function badAuth(): Answer {
  return {
    status: 400,
    body: { error: { code: 400, message: "'auth' is a required property", title: 'Bad Request' } },
  };
}
