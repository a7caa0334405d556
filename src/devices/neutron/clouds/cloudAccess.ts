import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CredentialReference, KeystoneReference } from '../../../clients/openstack/options';
import { isCertificate } from '../../../primitives/configuration/certificate';
import { fileErrorCode } from '../../../primitives/configuration/environment';
import { parseServiceUrl } from '../../../primitives/configuration/fields';
import type { Problem } from '../../../primitives/configuration/problem';
import { Secret } from '../../../primitives/secret';
import type { CloudEntry } from './cloudsFile';

/** A login as configured; the secret is revealed when it is used. */
export type ConfiguredCloudLogin =
  | {
      readonly method: 'password';
      readonly user: KeystoneReference;
      readonly project: KeystoneReference;
      readonly secret: Secret;
    }
  | { readonly method: 'applicationCredential'; readonly credential: CredentialReference; readonly secret: Secret };

/** Which endpoint of the catalog is used. */
export type CloudInterface = 'public' | 'internal' | 'admin';

/** How a cloud of `clouds.yaml` is reached. */
export interface CloudAccess {
  readonly authUrl: string;
  readonly login: ConfiguredCloudLogin;
  readonly region?: string;
  readonly interface?: CloudInterface;
  readonly ca?: string;
  /** Where `verify: false` stands: the cloud's certificate is not checked. */
  readonly insecureAt?: string;
}

/** What would lead elsewhere, or log in otherwise, than we do. Everything else that is not read concerns other services. */
const NOT_HANDLED = [
  'profile',
  'cloud',
  'cert',
  'key',
  'insecure',
  'network_endpoint_override',
  'network_service_type',
];
const PASSWORD_TYPES = ['password', 'v3password'];
const CREDENTIAL_TYPE = 'v3applicationcredential';

const COMMON = ['auth_url'];
const USER = ['username', 'user_id', 'user_domain_name', 'user_domain_id', 'default_domain_name', 'default_domain_id'];
const PROJECT = ['project_name', 'project_id', 'tenant_name', 'tenant_id', 'project_domain_name', 'project_domain_id'];
const CREDENTIAL = ['application_credential_id', 'application_credential_name', 'application_credential_secret'];

/**
 * Reads a cloud as OpenStack's own client does; what that would do otherwise than we, is refused with its line. No problem
 * repeats a value.
 * @param cwd relative file names start here, as for OpenStack's client.
 */
export function readCloudAccess(name: string, entry: CloudEntry, cwd: string): CloudAccess | readonly Problem[] {
  const reader = new EntryReader(name, entry);
  for (const option of NOT_HANDLED)
    if (entry.value(option) !== undefined)
      reader.problem([option], option === 'insecure' ? 'is old: write verify: false' : 'is not handled by portwarden');
  const authUrl = reader.url('auth', 'auth_url');
  const login = loginOf(reader);
  const region = reader.text('region_name');
  const wanted = interfaceOf(reader);
  const ca = certificateOf(reader, cwd);
  const verify = entry.value('verify');
  if (verify !== undefined && typeof verify !== 'boolean') reader.problem(['verify'], 'must be true or false');
  if (reader.problems.length > 0 || authUrl === undefined || login === undefined) return reader.problems;
  return {
    authUrl,
    login,
    ...(region === undefined ? {} : { region }),
    ...(wanted === undefined ? {} : { interface: wanted }),
    ...(ca === undefined ? {} : { ca }),
    ...(verify === false ? { insecureAt: entry.where('verify') } : {}),
  };
}

/** Reads options of one cloud, and keeps what is wrong with them. */
class EntryReader {
  readonly problems: Problem[] = [];

  constructor(
    private readonly name: string,
    readonly entry: CloudEntry,
  ) {}

  problem(path: readonly string[], rule: string): void {
    this.problems.push({ where: this.entry.where(...path), path: ['clouds', this.name, ...path].join('.'), rule });
  }

  /** A text; undefined when there is none. */
  text(...path: readonly string[]): string | undefined {
    const value = this.entry.value(...path);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    this.problem(path, 'must be text (put it in quotes)');
    return undefined;
  }

  required(...path: readonly string[]): string | undefined {
    if (this.entry.value(...path) === undefined || this.entry.value(...path) === '') this.problem(path, 'is required');
    return this.text(...path);
  }

  url(...path: readonly string[]): string | undefined {
    const text = this.required(...path);
    if (text === undefined) return undefined;
    try {
      return parseServiceUrl(text);
    } catch (error) {
      this.problem(path, error instanceof RangeError ? error.message : 'is invalid');
      return undefined;
    }
  }

  secret(...path: readonly string[]): Secret | undefined {
    const value = this.required(...path);
    return value === undefined ? undefined : new Secret(value, this.entry.where(...path));
  }
}

function loginOf(reader: EntryReader): ConfiguredCloudLogin | undefined {
  const type = reader.text('auth_type') ?? 'password';
  if (PASSWORD_TYPES.includes(type)) {
    refuseOthers(reader, [...COMMON, ...USER, ...PROJECT, 'password'], type);
    const user = userOf(reader);
    const project = projectOf(reader);
    const secret = reader.secret('auth', 'password');
    return user === undefined || project === undefined || secret === undefined
      ? undefined
      : { method: 'password', user, project, secret };
  }
  if (type !== CREDENTIAL_TYPE) {
    reader.problem(
      ['auth_type'],
      `is none that portwarden handles: ${[...PASSWORD_TYPES, CREDENTIAL_TYPE].join(', ')}`,
    );
    return undefined;
  }
  refuseOthers(reader, [...COMMON, ...USER, ...CREDENTIAL], `${type}, which is for one project by itself`);
  const secret = reader.secret('auth', 'application_credential_secret');
  const id = reader.text('auth', 'application_credential_id');
  if (id !== undefined)
    return secret === undefined ? undefined : { method: 'applicationCredential', credential: { id }, secret };
  const name = reader.required('auth', 'application_credential_name');
  const user = userOf(reader);
  return name === undefined || user === undefined || secret === undefined
    ? undefined
    : { method: 'applicationCredential', credential: { name, user }, secret };
}

/** An option of `auth` that we do not send would be a login that OpenStack's client makes otherwise. */
function refuseOthers(reader: EntryReader, known: readonly string[], type: string): void {
  for (const option of reader.entry.keys('auth'))
    if (!known.includes(option) && reader.entry.value('auth', option) !== undefined)
      reader.problem(['auth', option], `is nothing that portwarden sends with ${type}`);
}

function userOf(reader: EntryReader): KeystoneReference | undefined {
  const id = reader.text('auth', 'user_id');
  if (id !== undefined) return { id };
  const name = reader.required('auth', 'username');
  return name === undefined ? undefined : { name, domain: domainOf(reader, 'user_domain') };
}

function projectOf(reader: EntryReader): KeystoneReference | undefined {
  const id = reader.text('auth', 'project_id') ?? reader.text('auth', 'tenant_id');
  if (id !== undefined) return { id };
  const name = reader.text('auth', 'tenant_name') ?? reader.required('auth', 'project_name');
  return name === undefined ? undefined : { name, domain: domainOf(reader, 'project_domain') };
}

function domainOf(reader: EntryReader, of: 'user_domain' | 'project_domain'): { id: string } | { name: string } {
  for (const prefix of [of, 'default_domain']) {
    const id = reader.text('auth', `${prefix}_id`);
    if (id !== undefined) return { id };
    const name = reader.text('auth', `${prefix}_name`);
    if (name !== undefined) return { name };
  }
  return { id: 'default' };
}

function interfaceOf(reader: EntryReader): CloudInterface | undefined {
  const option = reader.entry.value('interface') === undefined ? 'endpoint_type' : 'interface';
  const text = reader.text(option)?.replace(/URL$/, '');
  if (text === undefined || text === 'public' || text === 'internal' || text === 'admin') return text;
  reader.problem([option], 'must be one of public, internal, admin');
  return undefined;
}

function certificateOf(reader: EntryReader, cwd: string): string | undefined {
  const file = reader.text('cacert');
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(resolve(cwd, file.startsWith('~/') ? join(homedir(), file.slice(2)) : file), 'utf8');
    if (isCertificate(text)) return text;
    reader.problem(['cacert'], 'names a file that holds no PEM certificate');
  } catch (error) {
    reader.problem(['cacert'], `names a file that cannot be read (${fileErrorCode(error)})`);
  }
  return undefined;
}
