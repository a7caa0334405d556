import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readDocument, shownName, type SourceDocument } from '../../../primitives/configuration/document';
import { fileErrorCode, type Environment, type Variable } from '../../../primitives/configuration/environment';
import type { PathSegment, Problem } from '../../../primitives/configuration/problem';

/** The variables that name the files, as OpenStack's own client has them. */
export const CLOUDS_VARIABLES: readonly Variable[] = [
  {
    name: 'OS_CLIENT_CONFIG_FILE',
    requiredFor: [],
    secret: false,
    meaning:
      'The `clouds.yaml` that `openstack.projects[].cloud` is looked up in. Default: the first of `clouds.yaml`, `clouds.yml` and `clouds.json` in the working folder, `~/.config/openstack` and `/etc/openstack`.',
  },
  {
    name: 'OS_CLIENT_SECURE_FILE',
    requiredFor: [],
    secret: false,
    meaning: 'The `secure.yaml` whose clouds are merged over it. Default: the first in the same places.',
  },
];

/** A cloud of the file; what `secure.yaml` says of it counts before what `clouds.yaml` says. */
export interface CloudEntry {
  /** The value at a path below the cloud; undefined when it is absent or has none. */
  value(...path: readonly string[]): unknown;
  /** The options below a path, of both files. */
  keys(...path: readonly string[]): readonly string[];
  /** `clouds.yaml:4:7`: where the value stands, else the nearest section that exists. */
  where(...path: readonly string[]): string;
}

/** The clouds of a standard `clouds.yaml`, merged with `secure.yaml`. */
export interface CloudsFile {
  /** Its path, for messages. */
  readonly name: string;
  readonly clouds: readonly string[];
  cloud(name: string): CloudEntry | undefined;
}

/** What became of looking for the file. */
export type CloudsReading =
  | { readonly file: CloudsFile }
  /** Neither named nor in any of the places. */
  | { readonly places: readonly string[] }
  | { readonly problems: readonly Problem[] };

/** Where the files are looked for. */
export interface CloudsPlaces {
  /** Of `clouds.yaml`; the one that a variable names is the only one. */
  readonly clouds: readonly string[];
  readonly secure: readonly string[];
  readonly cwd: string;
}

const ENDINGS = ['yaml', 'yml', 'json'];

/** The places that OpenStack's client looks at, in its order. */
export function cloudsPlaces(environment: Environment): CloudsPlaces {
  const { cwd } = environment;
  const home = environment.text('HOME');
  const configurations =
    environment.text('XDG_CONFIG_HOME') ?? (home === undefined ? undefined : join(home, '.config'));
  const folders = [
    cwd,
    ...(configurations === undefined ? [] : [join(configurations, 'openstack')]),
    ...(home === undefined ? [] : [join(home, '.config', 'openstack')]),
    '/etc/openstack',
  ];
  const places = (variable: string, base: string): readonly string[] => {
    const named = environment.text(variable);
    if (named !== undefined) return [resolve(cwd, named)];
    return [...new Set(folders)].flatMap((folder) => ENDINGS.map((ending) => join(folder, `${base}.${ending}`)));
  };
  return {
    clouds: places('OS_CLIENT_CONFIG_FILE', 'clouds'),
    secure: places('OS_CLIENT_SECURE_FILE', 'secure'),
    cwd,
  };
}

/** Reads both files. Never throws; problems carry no excerpt of a file. */
export function readClouds({ clouds, secure, cwd }: CloudsPlaces): CloudsReading {
  const found = firstOf(clouds, cwd);
  if (found === undefined) return { places: clouds };
  const secured = firstOf(secure, cwd);
  const documents = [...(secured === undefined ? [] : [secured]), found];
  const problems = documents.flatMap((one) => one.document.problems);
  if (problems.length > 0) return { problems };
  const names = keysAt(found.document.data, ['clouds']);
  return {
    file: {
      name: found.name,
      clouds: names,
      cloud: (name) => (names.includes(name) ? entryOf(name, documents) : undefined),
    },
  };
}

interface ReadFile {
  readonly name: string;
  readonly document: SourceDocument;
}

/** The first file that is there. One that is there and cannot be read is not passed over: another login might be meant. */
function firstOf(places: readonly string[], cwd: string): ReadFile | undefined {
  for (const file of places) {
    const name = shownName(file, cwd);
    try {
      return { name, document: readDocument(readFileSync(file, 'utf8'), name) };
    } catch (error) {
      const code = fileErrorCode(error);
      if (code === 'ENOENT' && places.length > 1) continue;
      const problem = { where: name, path: '', rule: `cannot be read (${code})` };
      return { name, document: { data: undefined, problems: [problem], locate: () => name } };
    }
  }
  return undefined;
}

function entryOf(cloud: string, files: readonly ReadFile[]): CloudEntry {
  const whole = (path: readonly string[]): readonly string[] => ['clouds', cloud, ...path];
  const holding = (path: readonly string[]): ReadFile | undefined =>
    files.find(({ document }) => valueAt(document.data, whole(path)) !== undefined);
  return {
    value: (...path) => valueAt(holding(path)?.document.data, whole(path)),
    keys: (...path) => [...new Set(files.flatMap(({ document }) => keysAt(document.data, whole(path))))],
    where: (...path) => (holding(path) ?? files.at(-1))?.document.locate(whole(path)) ?? '',
  };
}

function valueAt(data: unknown, path: readonly PathSegment[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<PathSegment, unknown>>)[key]
        : undefined,
    data,
  );
}

function keysAt(data: unknown, path: readonly PathSegment[]): readonly string[] {
  const value = valueAt(data, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}
