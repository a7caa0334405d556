import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';

import schema from '../../../lab/tenantos/schema/panel-answers.json';
import { startTenantosLab, type TenantosLab } from '../../../lab/tenantos/lab';
import { testWorld } from '../../sources/tenantos/world';
import { exampleOf, typeDifferences } from './openapi-examples';

const API_KEY = 'lab-answers-key';

/** Path template, a path that fits it, and the template's name in the panel's own OpenAPI document. */
const PATHS: readonly [template: keyof typeof schema.answers, path: string, documented: string][] = [
  ['/servers', '/servers', '/api/servers'],
  ['/servers/{id}', '/servers/101', '/api/servers/{id}'],
  ['/servers/{id}', '/servers/301', '/api/servers/{id}'],
  ['/servers/{id}/connections', '/servers/101/connections', '/api/servers/{server_id}/connections'],
  ['/servers/{id}/connections', '/servers/301/connections', '/api/servers/{server_id}/connections'],
  ['/servers/{id}/ipassignments', '/servers/101/ipassignments', '/api/servers/{server_id}/ipassignments'],
  ['/networkDevices', '/networkDevices', '/api/networkDevices'],
  ['/networkDevices/{id}', '/networkDevices/1', '/api/networkDevices/{id}'],
  ['/networkDevices/{id}', '/networkDevices/9', '/api/networkDevices/{id}'],
  [
    '/networkDevices/{id}/extendedDetails',
    '/networkDevices/1/extendedDetails',
    '/api/networkDevices/{networkDevice}/extendedDetails',
  ],
  ['/subnets', '/subnets', '/api/subnets'],
  ['/subnets/{id}/withDetails', '/subnets/1/withDetails', '/api/subnets/{subnetId}/withDetails'],
  ['/externalProviders', '/externalProviders', '/api/externalProviders'],
];

let lab: TenantosLab;
const ajv = new Ajv({ strict: false, schemas: [{ ...schema, answers: undefined }] });

beforeAll(async () => {
  lab = await startTenantosLab({ world: testWorld, apiKey: API_KEY });
});

afterAll(() => lab.close());

async function get(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${lab.url}/api${path}`, { headers: { authorization: `Bearer ${API_KEY}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

function check(validate: ValidateFunction, value: unknown): void {
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
}

const envelope = ajv.compile({ $ref: 'panel-answers#/definitions/envelope' });

describe.each(['object', 'text'] as const)("the project's own schema (meta as %s)", (meta) => {
  test.each(PATHS)('%s as %s', async (template, path) => {
    lab.setStyle({ meta });
    const body = await get(path);
    check(envelope, body);
    check(ajv.compile(schema.answers[template]), body['result']);
  });
});

test('the schema refuses what the panel would never answer', () => {
  const server = ajv.compile(schema.answers['/servers/{id}']);
  expect(server({ id: 1, servername: 'x' })).toBe(false);
  const assignments = ajv.compile(schema.answers['/servers/{id}/ipassignments']);
  expect(assignments([{ ip: 'not an address' }])).toBe(false);
});

const reference =
  process.env['TENANTOS_OPENAPI'] ?? join(__dirname, '../../../../shared/data/tenantos-openapi-subset.json');
const present = existsSync(reference);
if (!present)
  console.warn(
    `skipped: the panel's own OpenAPI document is not here (${reference}; TENANTOS_OPENAPI names another place)`,
  );

(present ? describe : describe.skip)("the panel's own OpenAPI examples", () => {
  const document: unknown = present ? JSON.parse(readFileSync(reference, 'utf8')) : {};

  test.each(PATHS)('%s as %s', async (_template, path, documented) => {
    lab.setStyle({ meta: 'object' });
    expect(typeDifferences(document, documented, await get(path))).toEqual([]);
  });

  test('the comparison notices a missing field and a wrong type', async () => {
    const body = await get('/servers/101');
    const result = body['result'] as Record<string, unknown>;
    const { servername, ...rest } = result;
    expect(servername).toBe('dedicated-101');
    const changed = { ...body, result: { ...rest, ipassignments: 'none' } };
    expect(typeDifferences(document, '/api/servers/{id}', changed)).toEqual([
      '.result.servername is missing',
      '.result.ipassignments is not a list',
    ]);
  });

  test("the project's own schema accepts them", () => {
    for (const [template, , documented] of PATHS) {
      const example = exampleResult(document, documented);
      const validate = ajv.compile(schema.answers[template]);
      check(validate, documented === '/api/networkDevices' ? [example] : example);
    }
  });
});

function exampleResult(document: unknown, path: string): unknown {
  const example = exampleOf(document, path) as Record<string, unknown>;
  return path === '/api/networkDevices' ? example : example['result'];
}
