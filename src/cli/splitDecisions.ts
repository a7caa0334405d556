import type { PortDecisions } from '../domain/change/adoption';

/** Decisions as the API takes them. */
export interface Decisions {
  readonly device: string;
  readonly ports: readonly (Omit<PortDecisions, 'port'> & { readonly port: string })[];
}

/** Well below the API's limits for a body and for the number of decisions. */
const MOST_BYTES = 40_000;
const MOST_STATEMENTS = 500;

/** Parts that the API takes one by one. The decisions of a port stay together: their hash is of all of them. */
export function splitDecisions(ports: Decisions['ports']): readonly Decisions['ports'][] {
  const parts: Decisions['ports'][number][][] = [];
  let bytes = 0;
  let count = 0;
  for (const port of ports) {
    const size = Buffer.byteLength(JSON.stringify(port));
    const last = parts.at(-1);
    const fits = bytes + size <= MOST_BYTES && count + port.statements.length <= MOST_STATEMENTS;
    if (last === undefined || !fits) {
      parts.push([port]);
      bytes = size;
      count = port.statements.length;
    } else {
      last.push(port);
      bytes += size;
      count += port.statements.length;
    }
  }
  return parts;
}
