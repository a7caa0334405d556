import { z } from 'zod';
import { parseServerId, type ServerId } from '../../domain/event/event';
import type { PortName } from '../../domain/values/port';
import {
  filePath,
  parsedText,
  parseServiceUrl,
  seconds,
  variableName,
  whole,
} from '../../primitives/configuration/fields';
import { defineSection, ROLES_WITH_SOURCES, type SectionContext } from '../../primitives/configuration/section';
import { Secret } from '../../primitives/secret';
import {
  readCloudAccess,
  type CloudAccess,
  type CloudInterface,
  type ConfiguredCloudLogin,
} from './clouds/cloudAccess';
import type { OwnedAttributes } from './ownedAttributes';
import { CLOUDS_VARIABLES, cloudsPlaces, readClouds, type CloudsPlaces, type CloudsReading } from './clouds/cloudsFile';

/** One project of a cloud, as configured. */
export interface ProjectSettings {
  /** The part of the device's id after the colon. */
  readonly name: string;
  /** The cloud of `clouds.yaml` that it is in, when it says one. */
  readonly cloud?: string;
  /** Empty in a process that logs in nowhere, and so reads no `clouds.yaml`. */
  readonly authUrl: string;
  readonly login: ConfiguredCloudLogin;
  readonly region?: string;
  readonly interface: CloudInterface;
  readonly ca?: string;
  /** The cloud's certificate is not checked, as `clouds.yaml` says. */
  readonly insecure?: boolean;
  readonly timeoutMs: number;
  readonly maxPairs: number;
  readonly owned: OwnedAttributes;
  /** Which port each server of the panel has. */
  readonly servers: ReadonlyMap<ServerId, PortName>;
  /** What a port's tag begins with that gives it to a server; the server's id is the rest. Absent: tags say nothing. */
  readonly serverTagPrefix?: string;
}

/** The section `openstack`. */
export interface OpenStackSettings {
  readonly projects: readonly ProjectSettings[];
}

const text = (description: string): z.ZodString =>
  z.string().min(1, { error: 'must not be empty' }).meta({ description });

const applicationCredential = z
  .strictObject({
    id: text('Id of the application credential.'),
    secretEnv: variableName('Environment variable with its secret.'),
  })
  .meta({
    description: 'Login by an application credential of the project. It has only the roles that it was made with.',
  });

const password = z
  .strictObject({
    user: text('Name of the user.'),
    userDomain: text("Name of the user's domain.").default('Default'),
    project: text('Name of the project.'),
    projectDomain: text("Name of the project's domain.").default('Default'),
    passwordEnv: variableName('Environment variable with the password.'),
  })
  .meta({ description: 'Login by user and password, for one project.' });

/** As policies name them. */
const ATTRIBUTES = ['allowedAddressPairs', 'portSecurity', 'securityGroups'] as const;

const project = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
        error: 'must be a name of letters, digits, dots, hyphens and underscores',
      })
      .meta({
        description: 'Name here: the device is `neutron:<name>`. Do not rename it; `cloud1.web` is a good one.',
      }),
    cloud: z.string().min(1, { error: 'must not be empty' }).optional().meta({
      description:
        'Name of a cloud of the standard `clouds.yaml` (merged with `secure.yaml`), instead of `authUrl` and a login here. Its `auth_type` is `password`, `v3password` or `v3applicationcredential`.',
    }),
    authUrl: parsedText(parseServiceUrl, {
      description: "Keystone's address (`OS_AUTH_URL`).",
      whenAbsent: 'that of `cloud`',
    }).optional(),
    applicationCredential: applicationCredential.optional(),
    password: password.optional(),
    region: text('Region of the catalog.')
      .optional()
      .meta({ description: 'Region of the catalog.', whenAbsent: 'that of `cloud`, else the only one' }),
    interface: z.enum(['public', 'internal', 'admin']).optional().meta({
      description: 'Which endpoint of the catalog is used.',
      whenAbsent: 'that of `cloud`, else `public`',
    }),
    ca: filePath({
      description: "PEM file with the cloud's CA.",
      whenAbsent: 'that of `cloud`, else the public CAs of Node',
    }).optional(),
    timeoutSeconds: seconds(1, 300, 'Longest wait for one answer of the cloud.').default(30),
    maxPairs: whole(1, 10_000, {
      description:
        "The cloud's `max_allowed_address_pair`: a change that would exceed it is refused before it is sent.",
    }).default(10),
    attributes: z
      .array(z.enum(ATTRIBUTES, { error: `must be one of ${ATTRIBUTES.join(', ')}` }))
      .default([...ATTRIBUTES])
      .meta({
        description:
          'What of its ports portwarden may write. `allowedAddressPairs` is always among them; what is left out is in no request, and policies that speak of it are refused. Neutron refuses a whole request for one attribute that the login may not set.',
      }),
    servers: z
      .record(z.string(), parsedText(parsePortId, { description: 'UUID of the port.' }))
      .default({})
      .meta({
        description:
          'Server of the panel → its Neutron port. Such a server is at that port and nowhere else, whatever connections its entry has; each server and each port stands here once.',
        key: 'server id',
      }),
    serverTagPrefix: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9._:-]{0,38}[A-Za-z._:-]$/, {
        error: 'must be 2 to 40 letters, digits, dots, colons, hyphens and underscores, and end in no digit',
      })
      .optional()
      .meta({
        description:
          "A port with the tag `<prefix><server id>` is that server's, when the panel has the server at no switch and no hypervisor; `portwarden-server-` is a good one. Whoever may change ports of the project may tag them.",
        whenAbsent: 'tags say nothing',
      }),
  })
  .meta({ description: 'One project of an OpenStack cloud.' });

const schema = z
  .strictObject({
    projects: z
      .array(project)
      .default([])
      .meta({ description: 'The projects whose ports are automated: a device each.' }),
  })
  .meta({ description: 'OpenStack clouds, whose ports let further addresses through as allowed address pairs.' });

type File = z.output<typeof schema>;

/** The section `openstack`. */
export const openstackSection = defineSection({
  schema: schema.prefault({}),
  variables: CLOUDS_VARIABLES,
  roles: ROLES_WITH_SOURCES,
  readVariables: cloudsPlaces,
  build: (file, places, context): OpenStackSettings => ({ projects: buildProjects(file, places, context) }),
});

function buildProjects(file: File, places: CloudsPlaces, context: SectionContext): readonly ProjectSettings[] {
  const names = new Set<string>();
  const servers = new Set<ServerId>();
  const ports = new Set<PortName>();
  const reading = readsClouds(file, context) ? readClouds(places) : undefined;
  if (reading !== undefined && 'problems' in reading) reading.problems.forEach(context.problemElsewhere);
  return file.projects.flatMap((one, index): readonly ProjectSettings[] => {
    const path = ['projects', index];
    if (names.has(one.name)) context.problem([...path, 'name'], 'is the name of an earlier project');
    names.add(one.name);
    const linked = new Map<ServerId, PortName>();
    for (const [key, port] of Object.entries(one.servers)) {
      const server = /^[1-9]\d{0,9}$/.test(key) ? parseServerId(Number(key)) : undefined;
      if (server === undefined)
        context.problem([...path, 'servers', key], "must be the panel's server id, a whole number");
      else if (servers.has(server))
        context.problem([...path, 'servers', key], 'has a port already: a server stands here once');
      else if (ports.has(port)) context.problem([...path, 'servers', key], 'names a port that another server has');
      else linked.set(server, port);
      if (server !== undefined) servers.add(server);
      ports.add(port);
    }
    const owned = ownedOf(one, path, context);
    const access = accessOf(one, path, reading, places, context);
    if (access === undefined) return [];
    const region = one.region ?? access.region;
    const ca = context.file([...path, 'ca']) ?? access.ca;
    return [
      {
        name: one.name,
        authUrl: access.authUrl,
        login: access.login,
        interface: one.interface ?? access.interface ?? 'public',
        timeoutMs: one.timeoutSeconds * 1000,
        maxPairs: one.maxPairs,
        owned,
        servers: linked,
        ...(one.serverTagPrefix === undefined ? {} : { serverTagPrefix: one.serverTagPrefix }),
        ...(one.cloud === undefined ? {} : { cloud: one.cloud }),
        ...(region === undefined ? {} : { region }),
        ...(ca === undefined ? {} : { ca }),
        ...(access.insecureAt === undefined ? {} : { insecure: true }),
      },
    ];
  });
}

function ownedOf(
  { attributes }: File['projects'][number],
  path: readonly (string | number)[],
  context: SectionContext,
): OwnedAttributes {
  const named = new Set<string>(attributes);
  if (!named.has('allowedAddressPairs'))
    context.problem([...path, 'attributes'], 'must name allowedAddressPairs: without them there is nothing to keep');
  if (named.size < attributes.length) context.problem([...path, 'attributes'], 'names an attribute twice');
  return { portSecurity: named.has('portSecurity'), securityGroups: named.has('securityGroups') };
}

/** A process without sources logs in nowhere: it needs no `clouds.yaml`, and is given none of its secrets. */
function readsClouds({ projects }: File, { role }: SectionContext): boolean {
  return ROLES_WITH_SOURCES.includes(role) && projects.some(({ cloud }) => cloud !== undefined);
}

function accessOf(
  one: File['projects'][number],
  path: readonly (string | number)[],
  reading: CloudsReading | undefined,
  { cwd }: CloudsPlaces,
  context: SectionContext,
): CloudAccess | undefined {
  if (one.cloud === undefined) {
    const login = loginOf(one, path, context);
    if (one.authUrl === undefined) context.problem([...path, 'authUrl'], 'is required, or cloud');
    return login === undefined || one.authUrl === undefined ? undefined : { authUrl: one.authUrl, login };
  }
  for (const option of ['authUrl', 'applicationCredential', 'password'] as const)
    if (one[option] !== undefined) context.problem([...path, option], 'cannot be given with cloud, which says it');
  if (reading === undefined) return { authUrl: '', login: unread(one.cloud) };
  const place = [...path, 'cloud'];
  if ('problems' in reading) return undefined;
  if ('places' in reading) {
    context.problem(place, `needs a clouds.yaml, which is in none of: ${reading.places.join(', ')}`);
    return undefined;
  }
  const entry = reading.file.cloud(one.cloud);
  if (entry === undefined) {
    const known = reading.file.clouds.join(', ') || 'none';
    context.problem(place, `names no cloud of ${reading.file.name}; there are: ${known}`);
    return undefined;
  }
  const access = readCloudAccess(one.cloud, entry, cwd);
  if (!('login' in access)) {
    access.forEach(context.problemElsewhere);
    return undefined;
  }
  if (access.insecureAt !== undefined)
    context.warn(
      `openstack: the certificate of cloud ${one.cloud} is not checked (verify: false, ${access.insecureAt}); whoever is on the way can read the login`,
    );
  return access;
}

function unread(cloud: string): ConfiguredCloudLogin {
  return { method: 'applicationCredential', credential: { id: '' }, secret: Secret.missing(`cloud ${cloud}`) };
}

function loginOf(
  { applicationCredential: credential, password: login }: File['projects'][number],
  path: readonly (string | number)[],
  context: SectionContext,
): ConfiguredCloudLogin | undefined {
  if ((credential === undefined) === (login === undefined)) {
    context.problem(path, 'needs applicationCredential or password, and not both, or cloud');
    return undefined;
  }
  if (credential !== undefined) {
    const secret = context.secret([...path, 'applicationCredential', 'secretEnv'], credential.secretEnv);
    return { method: 'applicationCredential', credential: { id: credential.id }, secret };
  }
  if (login === undefined) return undefined;
  const { passwordEnv, user, userDomain, project: name, projectDomain } = login;
  return {
    method: 'password',
    user: { name: user, domain: { name: userDomain } },
    project: { name, domain: { name: projectDomain } },
    secret: context.secret([...path, 'password', 'passwordEnv'], passwordEnv),
  };
}

/** Reads the UUID of a port. @throws RangeError naming the rule. */
function parsePortId(given: string): PortName {
  const id = given.trim().toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw new RangeError('must be the UUID of a port');
  return id as PortName;
}
