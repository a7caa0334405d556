import { type Cursor, type LoadProblem } from '../config/load';
import { runCommands } from '../config/set';
import { loadText } from '../config/text';
import { loadXml } from '../config/xml';
import { refused, RpcFailure } from '../problems';
import { attribute, child, type XmlElement } from '../xml/parse';
import { mustBeAllowed, type Operation } from './context';
import { loadReply, rpcError } from './replies';

/** Candidate of `edit-config`, `lock`, `unlock`; Junos has no writable running configuration. */
function mustTargetCandidate(element: XmlElement): void {
  const target = child(element, 'target')?.children[0]?.name;
  if (target !== 'candidate') throw refused('syntax error', { badElement: target ?? 'target' });
}

/** RFC 6241 section 7.2. */
const editConfig: Operation = (context, element) => {
  mustBeAllowed(context, element);
  mustTargetCandidate(element);
  const config = child(element, 'config');
  const text = child(element, 'config-text');
  const configuration = config === undefined ? undefined : child(config, 'configuration');
  const commands = text === undefined ? undefined : child(text, 'configuration-text')?.text;
  if (configuration === undefined && commands === undefined)
    throw refused('syntax error', { badElement: config?.children[0]?.name ?? 'config' });
  const named = child(element, 'default-operation')?.text.trim() ?? 'merge';
  if (named !== 'merge' && named !== 'replace' && named !== 'none')
    throw refused('syntax error', { badElement: named });
  const undo = child(element, 'error-option')?.text.trim() === 'rollback-on-error';
  const load = (cursor: Cursor): readonly LoadProblem[] => {
    if (named === 'replace') cursor.node.children.clear();
    return configuration === undefined
      ? loadText(cursor, commands ?? '')
      : loadXml(cursor, configuration, { defaultOperation: named, replaceTags: false });
  };
  const problems = context.core.database.edit(context.session, undoing(load, undo));
  if (problems.some((p) => p.severity === 'error')) throw new RpcFailure(problems);
  return `${problems.map(rpcError).join('')}<ok/>\n`;
};

function undoing(
  load: (cursor: Cursor) => readonly LoadProblem[],
  undo: boolean,
): (cursor: Cursor) => readonly LoadProblem[] {
  return (cursor) => {
    const problems = load(cursor);
    if (undo && problems.some((p) => p.severity === 'error')) throw new RpcFailure(problems);
    return problems;
  };
}

/** Documented: Junos XML protocol guide, <load-configuration>. */
const loadConfiguration: Operation = (context, element) => {
  mustBeAllowed(context, element);
  const { database, profile } = context.core;
  const number = attribute(element, 'rollback');
  if (number !== undefined) {
    if (!/^\d{1,2}$/.test(number)) throw refused('syntax error', { badElement: number });
    database.rollback(context.session, Number(number));
    return loadReply(profile, []);
  }
  const action = attribute(element, 'action') ?? 'merge';
  if (!['merge', 'replace', 'override', 'update', 'set'].includes(action))
    throw refused('syntax error', { badElement: action });
  const content = element.children[0];
  const form = content?.name;
  if (
    content === undefined ||
    (action === 'set') !== (form === 'configuration-set') ||
    !['configuration', 'configuration-text', 'configuration-set'].includes(form ?? '')
  ) {
    throw refused('syntax error', { badElement: form ?? 'load-configuration' });
  }
  const problems = database.edit(context.session, (cursor) => {
    if (action === 'override' || action === 'update') cursor.node.children.clear();
    if (form === 'configuration-set') return runCommands(cursor, content.text.split('\n'));
    if (form === 'configuration-text') return loadText(cursor, content.text);
    return loadXml(cursor, content, { defaultOperation: 'merge', replaceTags: action === 'replace' });
  });
  return loadReply(profile, problems);
};

const discardChanges: Operation = (context, element) => {
  mustBeAllowed(context, element);
  context.core.database.discard(context.session);
  return '<ok/>\n';
};

const lock: Operation = (context, element) => {
  mustBeAllowed(context, element);
  mustTargetCandidate(element);
  context.core.database.lock(context.session);
  return '<ok/>\n';
};

const unlock: Operation = (context, element) => {
  mustBeAllowed(context, element);
  mustTargetCandidate(element);
  context.core.database.unlock(context.session);
  return '<ok/>\n';
};

/** Documented: the answer to <lock-configuration/> is empty. */
const lockConfiguration: Operation = (context, element) => {
  mustBeAllowed(context, element);
  context.core.database.lock(context.session);
  return '';
};

const unlockConfiguration: Operation = (context, element) => {
  mustBeAllowed(context, element);
  context.core.database.unlock(context.session);
  return '';
};

const openConfiguration: Operation = (context, element) => {
  mustBeAllowed(context, element);
  if (child(element, 'private') === undefined)
    throw refused('syntax error', { badElement: element.children[0]?.name ?? element.name });
  return rpcError(context.core.database.openPrivate(context.session));
};

const closeConfiguration: Operation = (context, element) => {
  mustBeAllowed(context, element);
  context.core.database.closePrivate(context.session);
  return '';
};

export const EDIT_OPERATIONS: Readonly<Record<string, Operation>> = {
  'edit-config': editConfig,
  'load-configuration': loadConfiguration,
  'discard-changes': discardChanges,
  lock,
  unlock,
  'lock-configuration': lockConfiguration,
  'unlock-configuration': unlockConfiguration,
  'open-configuration': openConfiguration,
  'close-configuration': closeConfiguration,
};
