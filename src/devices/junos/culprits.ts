import { applyPlan } from '../../domain/change/plan';
import type { PlannedPort, RefusedPort } from '../device';
import type { PortName } from '../../domain/values/port';
import { withoutUnit } from './naming';
import { pathWords, type Edit } from './edit';
import { describeRpcError } from '../../clients/netconf/classify';
import type { RpcError } from '../../clients/netconf/session';
import type { JunosWork } from './junosState';

/**
 * The ports that the errors name: by interface first (path, bad element, then message), else by an address or MAC
 * that only they change. Empty when the errors name none.
 */
export function namedCulprits(errors: readonly RpcError[], work: readonly JunosWork[]): readonly RefusedPort[] {
  const messages = new Map<PortName, string[]>();
  for (const error of errors) {
    for (const port of portsOf(error, work))
      messages.set(port, [...(messages.get(port) ?? []), describeRpcError(error)]);
  }
  return [...messages].map(([port, texts]) => ({ port, message: texts.join('; ') }));
}

function portsOf(error: RpcError, work: readonly JunosWork[]): readonly PortName[] {
  const place = tokens(`${error.path ?? ''} ${error.badElement ?? ''}`);
  const message = tokens(error.message);
  for (const words of [place, message]) {
    const byInterface = work.filter((candidate) => interfaceNames(candidate).some((name) => words.has(name)));
    if (byInterface.length > 0) return byInterface.map(({ port }) => port);
  }
  for (const words of [place, message]) {
    for (const kind of ['set', 'delete'] as const) {
      const byValue = work.filter((candidate) => values(candidate, kind).some((value) => words.has(value)));
      if (byValue.length === 1) return byValue.map(({ port }) => port);
    }
  }
  return [];
}

function tokens(text: string): ReadonlySet<string> {
  return new Set(text.split(/[\s[\]'",;(){}=]+/).filter((word) => word !== ''));
}

function interfaceNames({ port, edits }: JunosWork): readonly string[] {
  const spelled = edits.edits.flatMap((edit) =>
    edit.path.filter((step) => step.element === 'interface').map((step) => step.key ?? ''),
  );
  return [port, withoutUnit(port), ...spelled];
}

function values({ edits }: JunosWork, kind: Edit['kind']): readonly string[] {
  return edits.edits
    .filter((edit) => edit.kind === kind)
    .flatMap((edit) => [
      pathWords(edit.path).at(-1) ?? '',
      ...(edit.kind === 'set' ? edit.leaves.filter((leaf) => leaf.element === 'mac').map((leaf) => leaf.value) : []),
    ]);
}

/**
 * The code of a refusal. Operators report that some releases refuse a second binding with the same MAC on a port ("duplicate
 * MAC address"); no reply with it is on record, so its words decide only what a person is told to do.
 */
export function refusalCode(
  message: string,
  { actual, plan }: PlannedPort,
): 'device-duplicate-mac' | 'device-rejected' {
  const macs = applyPlan(actual, plan).flatMap(({ mac }) => mac ?? []);
  const isTwice = new Set(macs).size < macs.length;
  return isTwice && /duplicate mac/i.test(message) ? 'device-duplicate-mac' : 'device-rejected';
}
