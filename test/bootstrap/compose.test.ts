import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { Connection } from '@temporalio/client';
import { behaviourOf } from '../../src/devices/junos/configuration';
import { switchesSchema } from '../../src/devices/junos/configurationSchema';
import { shutdownTimes } from '../../src/app/shutdown';
import { SEARCH_ATTRIBUTES } from '../../src/protocol/names';
import { startTemporalForTests, temporalUnavailable } from '../servers/temporal';

const ROOT = join(__dirname, '..', '..');

const service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  restart: z.literal('unless-stopped').optional(),
  init: z.boolean().optional(),
  stop_grace_period: z.string().optional(),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }))
    .optional(),
  environment: z.record(z.string(), z.string()).optional(),
  env_file: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  logging: z.unknown(),
});
const compose = z.looseObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) });

describe('docker-compose.yml', () => {
  const { services } = compose.parse(parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }));

  const scriptOf = (name: string): string => (services[name]?.command?.[0] ?? '').replaceAll('$$', '$');

  test('every service that is waited for exists and can come to the awaited state', () => {
    const awaited = Object.values(services).flatMap(({ depends_on }) => Object.entries(depends_on ?? {}));
    expect(awaited.length).toBeGreaterThan(0);
    for (const [name, { condition }] of awaited) {
      const target = services[name];
      if (condition === 'service_healthy') expect(target?.healthcheck).toBeDefined();
      else expect(target?.restart).toBeUndefined();
    }
  });

  test('images are pinned, and nothing is published beyond this host unless told so', () => {
    for (const { image, build } of Object.values(services)) {
      if (build === undefined) expect(image).toMatch(/:[0-9]/);
    }
    const published = Object.values(services).flatMap(({ ports }) => ports ?? []);
    expect(published.length).toBeGreaterThan(0);
    for (const port of published) expect(port).toMatch(/^(127\.0\.0\.1:|\$\{PORTWARDEN_PUBLISH:-127\.0\.0\.1:)/);
  });

  test("no secret has a default, and the API gets none of the worker's", () => {
    for (const { environment } of Object.values(services)) {
      for (const [name, value] of Object.entries(environment ?? {})) {
        if (/PASSWORD|PWD|TOKEN|SECRET|KEY|DATABASE_URL/.test(name)) expect(value).toMatch(/\$\{[A-Z_]+:\?/);
      }
    }
    expect(services['api']?.env_file).toBeUndefined();
    expect(Object.keys(services['api']?.environment ?? {})).not.toContain('TENANTOS_API_KEY');
  });

  test('the image does not run as root and starts what is built', () => {
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    const runtime = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(runtime).toMatch(/^USER node$/m);
    expect(runtime).toContain('"dist/src/app/main.js"');
    expect(services['api']?.command).toEqual(['api']);
    expect(services['worker']?.command).toEqual(['worker']);
  });

  test('nobody ends the product by force before a commit of the default length had its time: code, compose and documents agree', () => {
    const { commit, process: whole } = shutdownTimes({
      switches: { defaults: behaviourOf(switchesSchema.parse({}).defaults), settings: new Map() },
      openstack: { projects: [] },
      proxmoxFirewall: { clusters: [] },
    });
    const seconds = (text: string | undefined): number => {
      const [, amount = '', unit = ''] = /^(\d+)(s|m)$/.exec(text ?? '') ?? [];
      return Number(amount) * (unit === 'm' ? 60 : 1);
    };
    const operations = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
    expect(seconds(services['worker']?.stop_grace_period) * 1000).toBe(whole);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(operations)?.[1]) * 1000).toBe(whole);
    expect(operations).toContain(`the largest \`commitSeconds\` (${commit / 1000})`);
    expect(operations).toContain(`that commit: ${whole / 1000} seconds`);
  });

  const docker = composeProgram();
  (docker === undefined ? test.skip : test)('docker-compose accepts it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-compose-'));
    try {
      cpSync(join(ROOT, 'docker-compose.yml'), join(directory, 'docker-compose.yml'));
      writeFileSync(join(directory, 'worker.env'), 'TENANTOS_API_KEY=x\n');
      const [program = '', ...args] = docker ?? [];
      const config = (env: Record<string, string>): string =>
        execFileSync(program, [...args, 'config'], {
          cwd: directory,
          encoding: 'utf8',
          stdio: 'pipe',
          env: { ...process.env, ...env },
        });
      expect(config({ POSTGRES_PASSWORD: 'x', PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'y' })).toContain(
        'temporal-namespace',
      );
      expect(() => config({})).toThrow(/POSTGRES_PASSWORD/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  (temporalUnavailable() === undefined ? test : test.skip)(
    'the namespace and the search attributes are registered on a real server, as often as it is asked',
    async () => {
      const server = await startTemporalForTests({ searchAttributes: {} });
      try {
        for (const namespace of ['default', 'of-its-own', 'of-its-own']) {
          await promisify(execFile)('/bin/sh', ['-euc', scriptOf('temporal-namespace')], {
            timeout: 60_000,
            env: {
              PATH: `${dirname(server.cliPath)}:/usr/bin:/bin`,
              HOME: tmpdir(),
              TEMPORAL_ADDRESS: server.address,
              NAMESPACE: namespace,
              RETENTION: '720h',
            },
          });
          const connection = await Connection.connect({ address: server.address });
          const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
          await connection.close();
          expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
        }
      } finally {
        await server.stop();
      }
    },
  );
});

/** The compose program of this machine, with its first arguments. */
function composeProgram(): string[] | undefined {
  for (const candidate of [['docker-compose'], ['docker', 'compose']]) {
    const [program = '', ...args] = candidate;
    try {
      execFileSync(program, [...args, 'version'], { stdio: 'ignore', timeout: 20_000 });
      return candidate;
    } catch {
      continue;
    }
  }
  process.stderr.write('skipped: docker-compose config; there is no docker-compose here\n');
  return undefined;
}
