import type { CommitRequest } from '../database';
import { refused, RpcFailure } from '../problems';
import { child, type XmlElement } from '../xml/parse';
import { mustBeAllowed, type Operation, type RpcContext } from './context';
import { commitErrors, commitReply, rpcError } from './replies';

function number(element: XmlElement | undefined, fallback: number, limit: number): number {
  if (element === undefined) return fallback;
  const text = element.text.trim();
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > limit) {
    // The form of this message is recorded for other ranges: netman juniper_test.py 1449.
    throw refused(`Value ${text} is not within range (1..${String(limit)})`, { badElement: text });
  }
  return value;
}

async function commit(
  context: RpcContext,
  request: CommitRequest,
): Promise<Awaited<ReturnType<typeof context.core.database.commit>>> {
  const { database } = context.core;
  if (request.check === true) return database.commit(context.session, request);
  context.passCommitPoint('before-commit');
  const result = await database.commit(context.session, {
    ...request,
    midway: () => context.passCommitPoint('during-commit'),
  });
  context.passCommitPoint('after-commit-before-reply');
  return result;
}

/** Documented: Junos XML protocol guide, <commit-configuration>. Its confirm-timeout is in minutes. */
const commitConfiguration: Operation = async (context, element) => {
  mustBeAllowed(context, element);
  const { profile, faults } = context.core;
  const unknown = element.children.find(
    (c) =>
      !['check', 'confirmed', 'confirm-timeout', 'log', 'synchronize', 'force-synchronize', 'full'].includes(c.name),
  );
  if (unknown !== undefined) throw refused('syntax error', { badElement: unknown.name });
  const check = child(element, 'check') !== undefined;
  const confirmed = child(element, 'confirmed') !== undefined;
  const minutes = number(child(element, 'confirm-timeout'), 10, 65535);
  const log = child(element, 'log')?.text.trim();
  const request = {
    check,
    ...(confirmed && !check ? { confirmSeconds: minutes * 60 } : {}),
    ...(log === undefined ? {} : { log }),
  };
  try {
    const { warnings, nothing } = await commit(context, request);
    // Documented: a private copy without changes.
    if (nothing) return '<commit-results>\n</commit-results>\n';
    return commitReply(profile, {
      check,
      warnings,
      unclosed: faults.output.unclosedRoutingEngine,
      ...(request.confirmSeconds === undefined ? {} : { minutes }),
      ...(faults.memberUnreachable === undefined ? {} : { memberUnreachable: faults.memberUnreachable }),
    });
  } catch (error) {
    if (error instanceof RpcFailure && error.where === 'commit')
      return commitErrors(profile, error.problems, context.core.faults.output.xnmErrors);
    throw error;
  }
};

/** RFC 6241 section 8.4: confirm-timeout in seconds. Juniper extends <commit> by <log> and <synchronize>. */
const standardCommit: Operation = async (context, element) => {
  mustBeAllowed(context, element);
  // RFC 6241's persist needs confirmed-commit:1.1, which Junos does not offer.
  const unknown = element.children.find(
    (c) => !['confirmed', 'confirm-timeout', 'log', 'synchronize', 'force-synchronize'].includes(c.name),
  );
  if (unknown !== undefined) throw refused('syntax error', { badElement: unknown.name });
  const confirmed = child(element, 'confirmed') !== undefined;
  const log = child(element, 'log')?.text.trim();
  const seconds = number(child(element, 'confirm-timeout'), 600, 4294967295);
  const { warnings } = await commit(context, {
    ...(confirmed ? { confirmSeconds: seconds } : {}),
    ...(log === undefined ? {} : { log }),
  });
  return `${warnings.map(rpcError).join('')}<ok/>\n`;
};

const validate: Operation = async (context, element) => {
  mustBeAllowed(context, element);
  if (child(element, 'source')?.children[0]?.name !== 'candidate')
    throw refused('syntax error', { badElement: 'source' });
  const { profile } = context.core;
  try {
    const { warnings } = await commit(context, { check: true });
    return commitReply(profile, {
      check: true,
      warnings,
      unclosed: context.core.faults.output.unclosedRoutingEngine,
    }).replace(/(?:<ok\/>\n)?$/, '<ok/>\n');
  } catch (error) {
    if (error instanceof RpcFailure && error.where === 'commit')
      return commitErrors(profile, error.problems, context.core.faults.output.xnmErrors);
    throw error;
  }
};

export const COMMIT_OPERATIONS: Readonly<Record<string, Operation>> = {
  'commit-configuration': commitConfiguration,
  commit: standardCommit,
  validate,
};
