import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonSchema } from '../../../lab/proxmox/schema/answers';

const FILE = resolve(__dirname, '../../../../shared/data/pve-schema-subset.json');

interface Dialect {
  readonly type?: string;
  readonly optional?: number;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Dialect;
  readonly properties?: Readonly<Record<string, Dialect>>;
}

/** Proxmox' own description of each GET's answer as JSON Schema, or undefined where the file is not there. */
export function proxmoxSchemas(): Readonly<Record<string, JsonSchema>> | undefined {
  if (!existsSync(FILE)) return undefined;
  const file = JSON.parse(readFileSync(FILE, 'utf8')) as {
    readonly paths: Readonly<Record<string, { readonly GET?: { readonly returns?: Dialect } }>>;
  };
  const entries = Object.entries(file.paths).flatMap(([path, methods]) => {
    const returns = methods.GET?.returns;
    return returns === undefined ? [] : [[path, convert(returns)] as const];
  });
  return Object.fromEntries(entries);
}

/**
 * Translates Proxmox' schema dialect: what is not marked optional is required, booleans are 0 or 1, numbers may be
 * texts, `net[n]` stands for net0, net1, … A boolean may be null, since `exists` of an interface is.
 */
function convert(source: Dialect): JsonSchema {
  const bounds = {
    ...(source.minimum === undefined ? {} : { minimum: source.minimum }),
    ...(source.maximum === undefined ? {} : { maximum: source.maximum }),
  };
  switch (source.type) {
    case 'boolean':
      return { enum: [0, 1, '0', '1', null] };
    case 'integer':
      return {
        anyOf: [
          { type: 'integer', ...bounds },
          { type: 'string', pattern: '^-?\\d+$' },
        ],
      };
    case 'number':
      return {
        anyOf: [
          { type: 'number', ...bounds },
          { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' },
        ],
      };
    case 'string':
      return source.enum === undefined ? { type: 'string' } : { enum: [...source.enum] };
    case 'array':
      return { type: 'array', ...(source.items === undefined ? {} : { items: convert(source.items) }) };
    case 'object':
      return convertObject(source.properties ?? {});
    default:
      return {};
  }
}

function convertObject(source: Readonly<Record<string, Dialect>>): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const patternProperties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [key, value] of Object.entries(source)) {
    const series = /^(.+)\[n\]$/.exec(key)?.[1];
    if (series !== undefined) patternProperties[`^${series}\\d+$`] = convert(value);
    else properties[key] = convert(value);
    if (series === undefined && value.optional !== 1) required.push(key);
  }
  return { type: 'object', properties, patternProperties, required };
}
