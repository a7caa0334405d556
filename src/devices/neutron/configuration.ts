import { z } from 'zod';
import type { CloudLogin } from '../../clients/openstack/options';
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
import {
  defineSection,
  noVariables,
  ROLES_WITH_SOURCES,
  type SectionContext,
} from '../../primitives/configuration/section';
import type { Secret } from '../../primitives/secret';

/** A login as configured; the secret is revealed when it is used. */
export type ConfiguredCloudLogin =
  | (Omit<Extract<CloudLogin, { method: 'password' }>, 'password'> & { readonly secret: Secret })
  | { readonly method: 'applicationCredential'; readonly id: string; readonly secret: Secret };

/** One project of a cloud, as configured. */
export interface ProjectSettings {
  /** The part of the device's id after the colon. */
  readonly name: string;
  readonly authUrl: string;
  readonly login: ConfiguredCloudLogin;
  readonly region?: string;
  readonly interface: 'public' | 'internal' | 'admin';
  readonly ca?: string;
  readonly timeoutMs: number;
  readonly maxPairs: number;
  /** Which port each server of the panel has. */
  readonly servers: ReadonlyMap<ServerId, PortName>;
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
    authUrl: parsedText(parseServiceUrl, { description: "Keystone's address (`OS_AUTH_URL`)." }),
    applicationCredential: applicationCredential.optional(),
    password: password.optional(),
    region: text('Region of the catalog.')
      .optional()
      .meta({ description: 'Region of the catalog.', whenAbsent: 'the only one' }),
    interface: z
      .enum(['public', 'internal', 'admin'])
      .default('public')
      .meta({ description: 'Which endpoint of the catalog is used.' }),
    ca: filePath({ description: "PEM file with the cloud's CA.", whenAbsent: 'the public CAs of Node' }).optional(),
    timeoutSeconds: seconds(1, 300, 'Longest wait for one answer of the cloud.').default(30),
    maxPairs: whole(1, 10_000, {
      description:
        "The cloud's `max_allowed_address_pair`: a change that would exceed it is refused before it is sent.",
    }).default(10),
    servers: z
      .record(z.string(), parsedText(parsePortId, { description: 'UUID of the port.' }))
      .default({})
      .meta({
        description:
          'Server of the panel → its Neutron port. Such a server is at that port and nowhere else, whatever connections its entry has; each server and each port stands here once.',
        key: 'server id',
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
  roles: ROLES_WITH_SOURCES,
  readVariables: noVariables,
  build: (file, _variables, context): OpenStackSettings => ({ projects: buildProjects(file, context) }),
});

function buildProjects(file: File, context: SectionContext): readonly ProjectSettings[] {
  const names = new Set<string>();
  const servers = new Set<ServerId>();
  const ports = new Set<PortName>();
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
    const login = loginOf(one, path, context);
    if (login === undefined) return [];
    const ca = context.file([...path, 'ca']);
    return [
      {
        name: one.name,
        authUrl: one.authUrl,
        login,
        interface: one.interface,
        timeoutMs: one.timeoutSeconds * 1000,
        maxPairs: one.maxPairs,
        servers: linked,
        ...(one.region === undefined ? {} : { region: one.region }),
        ...(ca === undefined ? {} : { ca }),
      },
    ];
  });
}

function loginOf(
  { applicationCredential: credential, password: login }: File['projects'][number],
  path: readonly (string | number)[],
  context: SectionContext,
): ConfiguredCloudLogin | undefined {
  if ((credential === undefined) === (login === undefined)) {
    context.problem(path, 'needs applicationCredential or password, and not both');
    return undefined;
  }
  if (credential !== undefined) {
    const secret = context.secret([...path, 'applicationCredential', 'secretEnv'], credential.secretEnv);
    return { method: 'applicationCredential', id: credential.id, secret };
  }
  if (login === undefined) return undefined;
  const { passwordEnv, ...rest } = login;
  return { method: 'password', ...rest, secret: context.secret([...path, 'password', 'passwordEnv'], passwordEnv) };
}

/** Reads the UUID of a port. @throws RangeError naming the rule. */
function parsePortId(given: string): PortName {
  const id = given.trim().toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw new RangeError('must be the UUID of a port');
  return id as PortName;
}
