import { PortwardenError } from '../domain/errors';
import type { UnknownBindingsAnswer } from './decisionClient';

/** A statement that a person named. */
export interface FoundStatement {
  readonly port: string;
  readonly key: string;
  readonly text: string;
}

/**
 * The statements that words of a command line name: an address, a whole binding as the list shows it, or `all`.
 * @throws PortwardenError `invalid-request` for words that name none, or several.
 */
export function findStatements(found: UnknownBindingsAnswer, words: readonly string[]): readonly FoundStatement[] {
  const all = found.ports.flatMap(({ port, statements }) =>
    statements.map(({ statement: { key, text, ip } }) => ({ port, key, text, ip })),
  );
  if (words.includes('all')) return all;
  const named = words.map((word) => {
    const hits = all.filter(({ key, text, ip }) => word === key || word === text || word === ip);
    const [hit, ...others] = hits;
    if (hit === undefined) throw wrong(`${word} is none of the bindings that wait for a person`);
    if (others.length > 0)
      throw wrong(`${word} names several bindings: ${hits.map(({ port, text }) => `${text} on ${port}`).join(', ')}`);
    return hit;
  });
  return [...new Map(named.map((one) => [`${one.port} ${one.key}`, one])).values()];
}

function wrong(message: string): PortwardenError {
  return new PortwardenError('invalid-request', message);
}
