import { diffText } from './config/diff';
import { locate, renderSet, tokenize } from './config/set';
import { Refusal } from './config/load';
import { renderStatements } from './config/text';
import type { SwitchCore } from './core';
import { commitLogText } from './show-commit';
import { uptimeText } from './uptime';

/**
 * The few operational commands with which a person or an independent script looks at the switch:
 * `show configuration [PATH] [| display set]`, `show system commit`, `show system uptime`, `show version`, `show | compare`.
 * @returns undefined when the command is not one of them.
 */
export function runCliCommand(
  core: SwitchCore,
  command: string,
): { readonly text: string; readonly ok: boolean } | undefined {
  const [left = '', ...pipes] = command.split('|').map((part) => part.trim());
  const words = tokenize(left.replace(/^cli\s+(-c\s+)?/, ''));
  const { database, profile } = core;
  if (words[0] !== 'show') return undefined;
  if (words.length === 1 && pipes[0] === 'compare')
    return { text: diffText(database.committed, database.shared), ok: true };
  if (words[1] === 'version')
    return { text: `Hostname: ${core.name}\nModel: ${profile.model}\nJunos: ${profile.version}\n`, ok: true };
  if (words[1] === 'system' && words[2] === 'commit') return { text: commitLogText(core), ok: true };
  if (words[1] === 'system' && words[2] === 'uptime') return { text: uptimeText(core), ok: true };
  if (words[1] !== 'configuration') return undefined;
  const path = words.slice(2);
  if (pipes[0] === 'display set') {
    const prefix = ['set', ...path].join(' ');
    const lines = renderSet(database.committed).filter(
      (l) =>
        path.length === 0 ||
        l === prefix ||
        l.startsWith(`${prefix} `) ||
        l.startsWith(`de${prefix.replace('set', 'activate')}`),
    );
    return { text: lines.map((l) => `${l}\n`).join(''), ok: true };
  }
  if (pipes.length > 0) return undefined;
  try {
    const found = locate({ node: database.committed, statement: database.committed.statement, path: [] }, path).map(
      (nodes) => nodes.at(-1) ?? database.committed,
    );
    const lines = found.flatMap((node) => renderStatements(node.ordered()));
    return { text: lines.map((l) => `${l}\n`).join(''), ok: true };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { text: `error: ${error.problem.message}: ${error.problem.badElement ?? ''}\n`, ok: false };
  }
}
