import type { RpcError, RpcReply } from './session';
import { childAt, childText, parseXml, type XmlElement } from './xml';

/**
 * Reads a reply. Errors are collected wherever they stand, for Junos puts them at top level, inside
 * `load-configuration-results`, `commit-results` and `routing-engine`, or sends one as the root.
 * @throws PortwardenError `device-protocol` when the text is not XML.
 */
export function parseReply(raw: string): RpcReply {
  const { root, mended } = parseXml(raw);
  const found = collectErrors(root);
  return {
    root,
    errors: found.filter((error) => error.severity === 'error'),
    warnings: found.filter((error) => error.severity === 'warning'),
    mended,
    raw,
  };
}

/** Every `rpc-error`, `xnm:error` and `xnm:warning` of a reply, in document order. */
function collectErrors(root: XmlElement): readonly RpcError[] {
  const found: RpcError[] = [];
  visit(root, false, found);
  return found;
}

function visit(at: XmlElement, insideConfiguration: boolean, found: RpcError[]): void {
  if (at.name === 'rpc-error') {
    found.push(fromRpcError(at));
    return;
  }
  if (!insideConfiguration && isXnmReport(at)) {
    found.push(fromXnmReport(at));
    return;
  }
  const failures = at.name === 'load-error-count' ? Number.parseInt(at.text, 10) : 0;
  if (failures > 0 && !found.some((error) => error.severity === 'error')) {
    found.push({ severity: 'error', message: `load-error-count ${failures}` });
  }
  // Configuration is in the namespace of the old error reports, and may hold statements called "error".
  const inside = insideConfiguration || at.name === 'configuration';
  for (const next of at.children) visit(next, inside, found);
}

function isXnmReport(at: XmlElement): boolean {
  return (
    (at.name === 'error' || at.name === 'warning') &&
    at.namespace?.startsWith('http://xml.juniper.net/xnm/') === true &&
    childText(at, 'message') !== undefined
  );
}

function fromRpcError(at: XmlElement): RpcError {
  const info = childAt(at, 'error-info');
  const tag = present(childText(at, 'error-tag'));
  return report({
    severity: childText(at, 'error-severity')?.toLowerCase() === 'warning' ? 'warning' : 'error',
    tag,
    type: present(childText(at, 'error-type')),
    message:
      present(childText(at, 'error-message')) ?? present(childText(at, 'error-app-tag')) ?? tag ?? 'unspecified error',
    path: present(childText(at, 'error-path')) ?? present(childText(at, 'edit-path')),
    badElement: present(childText(info, 'bad-element')) ?? present(childText(at, 'statement')),
    sourceDaemon: present(childText(at, 'source-daemon')),
    sessionId: present(childText(info, 'session-id')),
  });
}

function fromXnmReport(at: XmlElement): RpcError {
  return report({
    severity: at.name === 'warning' ? 'warning' : 'error',
    message: present(childText(at, 'message')) ?? 'unspecified error',
    path: present(childText(at, 'edit-path')) ?? present(childText(at, 'error-path')),
    badElement: present(childText(at, 'statement')) ?? present(childText(at, 'token')),
    sourceDaemon: present(childText(at, 'source-daemon')),
  });
}

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

function report(loose: Loose<RpcError> & Pick<RpcError, 'severity' | 'message'>): RpcError {
  const { severity, message, ...optional } = loose;
  const kept = Object.entries(optional).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { severity, message, ...Object.fromEntries(kept) };
}

function present(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
