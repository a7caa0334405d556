import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderConfigurationDocs, VARIABLES } from '../../src/config/docs';
import { configurationJsonSchema, type SchemaNode } from '../../src/config/problems';

const PAGE = join(__dirname, '../../docs/configuration.md');
const REGENERATE = 'regenerate it: UPDATE_DOCS=1 npx jest test/config/docs';

test('docs/configuration.md is what the schema says', () => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, renderConfigurationDocs());
  const page = readFileSync(PAGE, 'utf8');
  expect(page === renderConfigurationDocs() ? 'current' : `outdated; ${REGENERATE}`).toBe('current');
});

test('every option has a description, and every number a unit or a range', () => {
  const silent: string[] = [];
  const visit = (node: SchemaNode, path: string): void => {
    if (path !== '' && (node.description ?? '') === '') silent.push(`${path}: no description`);
    if ((node.type === 'number' || node.type === 'integer') && node.unit === undefined && node.maximum === undefined)
      silent.push(`${path}: no unit`);
    for (const [name, inner] of Object.entries(node.properties ?? {})) visit(inner, `${path}.${name}`);
    if (node.items?.properties !== undefined) visit(node.items, `${path}[]`);
    if (typeof node.additionalProperties === 'object') visit(node.additionalProperties, `${path}.*`);
  };
  visit(configurationJsonSchema(), '');
  expect(silent).toEqual([]);
});

test('the page names every variable', () => {
  const page = renderConfigurationDocs();
  for (const variable of VARIABLES) expect(page).toContain(`\`${variable.name}\``);
});
