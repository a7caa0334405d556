import type { Role, Variable } from '../primitives/configuration/environment';
import { configurationJsonSchema, type SchemaNode } from './problems';
import { NAMED_SECTIONS } from './schema';

const INTRODUCTION = `# Configuration

<!-- Generated from the schema in src/config by \`UPDATE_DOCS=1 npx jest test/config/docs\`. Do not edit. -->

Portwarden reads one YAML file, \`./portwarden.yaml\` or the one that the variable \`PORTWARDEN_CONFIG\` names, and the
environment. Start from [portwarden.example.yaml](../portwarden.example.yaml). Only \`panel.url\` is required; every other
option has the default shown here. An option without a value counts as absent, an unknown option is an error.
Relative file names start at the folder of the file.

\`npm run portwarden -- config check\` checks file and environment and lists **every** problem with file, line, column,
option and rule; the service refuses to start with the same list. No message ever repeats a value.
Risky settings (host keys not verified or trusted on first use, legacy SSH algorithms) are accepted with a warning.`;

const ROLE_NAMES: Readonly<Record<Role, string>> = {
  all: '`npm start`',
  api: '`npm run api`',
  worker: '`npm run worker`',
  doctor: '`portwarden doctor`',
  client: 'other commands',
};

/** Every variable besides those that the file names, in the order of the documentation. */
export const VARIABLES: readonly Variable[] = [
  {
    name: 'PORTWARDEN_CONFIG',
    requiredFor: [],
    secret: false,
    meaning: 'Path of the configuration file. Default: `./portwarden.yaml`.',
  },
  ...NAMED_SECTIONS.flatMap(([, section]) => section.variables),
];

/** Writes docs/configuration.md from the schema: every option and variable with default, unit and meaning. */
export function renderConfigurationDocs(): string {
  const root = configurationJsonSchema();
  const sections = Object.entries(root.properties ?? {}).flatMap(([name, node]) => renderSection(name, node, 2));
  return [INTRODUCTION, renderVariables(), ...sections].join('\n\n') + '\n';
}

function renderVariables(): string {
  const rows = VARIABLES.map((variable) => {
    const required = variable.requiredFor.map((role) => ROLE_NAMES[role]).join(', ');
    return `| \`${variable.name}\` | ${required === '' ? 'no' : required} | ${variable.meaning} |`;
  });
  return [
    '## Environment',
    '',
    'Secrets come from the environment only. Each may instead be read from a file: `<NAME>_FILE` names it, as container',
    'platforms mount secrets. Options whose name ends in `Env` name further variables.',
    '',
    '| Variable | Required for | Meaning |',
    '|---|---|---|',
    ...rows,
    '',
    '`npm start` runs API, worker and an embedded Temporal server in one process. `npm run api` and `npm run worker` run the',
    'halves separately and need a Temporal server (`TEMPORAL_ADDRESS` or `temporal.address`). The API keeps no facts of its',
    'own; workers do: without `DATABASE_URL` a worker locks the embedded store, so there can be only one.',
  ].join('\n');
}

function renderSection(path: string, node: SchemaNode, depth: number): string[] {
  const entry = entryOf(path, node);
  const forms = (entry.node.anyOf ?? []).filter((form) => isSection(form));
  if (forms.length > 0)
    return forms.flatMap((form, index) =>
      renderSection(entry.path, index > 0 || node.description === undefined ? form : introduced(form, node), depth),
    );
  const own = Object.entries(entry.node.properties ?? {});
  const required = new Set(entry.node.required ?? []);
  const options = own.filter(([, inner]) => !isSection(inner));
  const title = `${'#'.repeat(Math.min(depth, 4))} \`${entry.path}\``;
  const rows = options.map(
    ([name, inner]) =>
      `| \`${name}\` | ${defaultText(inner, required.has(name))} | ${unitText(inner)} | ${meaning(inner)} |`,
  );
  const table =
    rows.length === 0 ? [] : ['| Option | Default | Unit or values | Meaning |', '|---|---|---|---|', ...rows];
  const about = [node.description, entry.node === node ? undefined : entry.node.description].filter(
    (text) => text !== undefined,
  );
  const inner = own
    .filter(([, child]) => isSection(child))
    .flatMap(([name, child]) => renderSection(`${entry.path}.${name}`, child, depth + 1));
  return [[title, '', about.join(' '), ...(table.length > 0 ? ['', ...table] : [])].join('\n'), ...inner];
}

/** The first of several forms, behind what is said of all of them. */
function introduced(form: SchemaNode, { description = '' }: SchemaNode): SchemaNode {
  return { ...form, description: [description, form.description ?? ''].join(' ').trim() };
}

/** A list or map of sections is documented by its entries' shape. */
function entryOf(path: string, node: SchemaNode): { readonly path: string; readonly node: SchemaNode } {
  if (node.items !== undefined) return { path: `${path}[]`, node: node.items };
  if (typeof node.additionalProperties === 'object')
    return { path: `${path}.<${node.key ?? 'key'}>`, node: node.additionalProperties };
  return { path, node };
}

function isSection(node: SchemaNode): boolean {
  const { node: entry } = entryOf('', node);
  return (
    node.properties !== undefined ||
    entry.properties !== undefined ||
    (entry.anyOf ?? []).some((form) => isSection(form))
  );
}

function defaultText(node: SchemaNode, required: boolean): string {
  if (node.default !== undefined)
    return node.default === '' ? 'empty' : `\`${JSON.stringify(node.default).replace(/^"|"$/g, '')}\``;
  if (node.whenAbsent !== undefined) return node.whenAbsent;
  return required ? '**required**' : 'none';
}

function unitText(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'boolean') return '`true`, `false`';
  const range = node.minimum === undefined || node.maximum === undefined ? '' : `${node.minimum} to ${node.maximum}`;
  if (node.unit === undefined) return range;
  return range === '' || node.unit === range ? node.unit : `${node.unit}, ${range}`;
}

function meaning(node: SchemaNode): string {
  return (node.description ?? '').replaceAll('|', '\\|');
}
