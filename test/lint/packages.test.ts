import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(__dirname, '..', '..');

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

interface Tree {
  readonly version?: string | undefined;
  readonly dependencies?: Record<string, Tree> | undefined;
}
const tree: z.ZodType<Tree> = z.lazy(() =>
  z.object({ version: z.string().optional(), dependencies: z.record(z.string(), tree).optional() }),
);

/** `npm ls` of one package, as paths like `@temporalio/client > @grpc/grpc-js > protobufjs` with the version found. */
function installed(name: string): { path: string[]; version: string }[] {
  const output = execFileSync('npm', ['ls', name, '--all', '--json'], {
    cwd: ROOT,
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const found: { path: string[]; version: string }[] = [];
  const walk = (node: Tree, path: string[]): void => {
    for (const [child, below] of Object.entries(node.dependencies ?? {})) {
      if (child === name && below.version !== undefined) found.push({ path, version: below.version });
      walk(below, [...path, child]);
    }
  };
  walk(tree.parse(JSON.parse(output.toString('utf8'))), []);
  return found;
}

/**
 * Separate copies of protobufjs 8 below the Temporal packages break the replay of histories from JSON
 * ("TypeError: type must be a Type"), because instanceof fails across copies.
 */
describe('the Temporal SDK is installed as it must be', () => {
  test('every @temporalio package uses the one protobufjs 8', () => {
    const uses = installed('protobufjs');
    const ofTemporal = uses.filter(({ path }) => path.at(-1)?.startsWith('@temporalio/'));
    expect(ofTemporal.length).toBeGreaterThan(0);
    expect(new Set(ofTemporal.map(({ version }) => version))).toEqual(new Set([ofTemporal[0]?.version]));
    expect(ofTemporal[0]?.version).toMatch(/^8\./);

    const files = ['@temporalio/common', '@temporalio/proto', '@temporalio/worker'].map((user) =>
      require.resolve('protobufjs', { paths: [join(ROOT, 'node_modules', user)] }),
    );
    expect(new Set(files)).toEqual(new Set([require.resolve('protobufjs', { paths: [ROOT] })]));
  });

  test('there is one protobufjs 8 in all of node_modules', () => {
    const { packages } = lockfile.parse(
      JSON.parse(readFileSync(join(ROOT, 'node_modules/.package-lock.json'), 'utf8')),
    );
    const eights = Object.entries(packages).filter(
      ([path, { version }]) => path.endsWith('node_modules/protobufjs') && version?.startsWith('8.') === true,
    );
    expect(eights.map(([path]) => path)).toEqual(['node_modules/protobufjs']);
  });

  test('all @temporalio packages are of one exact version', () => {
    const { packages } = lockfile.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
    const versions = Object.entries(packages).flatMap(([path, { version }]) =>
      /node_modules\/@temporalio\/[^/]+$/.test(path) && version !== undefined ? [version] : [],
    );
    expect(versions.length).toBeGreaterThanOrEqual(6);
    expect(new Set(versions).size).toBe(1);

    const manifest = z
      .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([name]) =>
      name.startsWith('@temporalio/'),
    );
    expect(wanted.map(([, range]) => range)).toEqual(wanted.map(() => versions[0]));
  });
});

/** npm ci refuses a lock file without them, on every machine. scripts/complete-lockfile.mjs adds them. */
test('package-lock.json has the platform packages of all machines', () => {
  const { packages } = lockfile.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
  const names = new Set(
    Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
  );
  const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter((name) => !names.has(name))).toEqual([]);
});
