import { z } from 'zod';
import { stringify } from 'yaml';
import { ADOPTIONS } from '../domain/change/adoption';
import { PortwardenError } from '../domain/errors';
import { readDocument } from '../primitives/configuration/document';
import type { UnknownBindingsAnswer } from './decisionClient';
import type { Decisions } from './splitDecisions';

/** What stands for the reason until a person writes one. */
export const REASON_PLACEHOLDER = '<why these bindings stay>';

const text = z.string().min(1);
const plan = z.strictObject({
  device: text,
  reason: text,
  ports: z.record(
    z.string(),
    z.strictObject({
      hash: text,
      bindings: z.array(
        z.strictObject({
          binding: text,
          decision: z.enum(ADOPTIONS as [string, ...string[]]),
          reason: text.optional(),
        }),
      ),
    }),
  ),
});

/** A plan with its reason, ready for the API. */
export type ReadPlan = Decisions & { readonly reason: string };

/**
 * A plan of everything about which a person can decide, as a file to be read and edited: what would be replaced is
 * left, all else is kept. What is known of a binding stands above it.
 */
export function writePlan(
  { device, ports, notes }: UnknownBindingsAnswer,
  at: Date,
  reason = REASON_PLACEHOLDER,
): string {
  const count = ports.reduce((sum, { statements }) => sum + statements.length, 0);
  const head = [
    `# ${count} bindings on ${ports.length} ports of ${device} that nothing explains, as they were at ${at.toISOString()}.`,
    '# For each of them decide: keep (it stays, whatever panel and hypervisor say), remove, or leave (it stays and waits).',
    '# A binding may have a reason of its own. Do not take lines out: write leave. Then:',
    `#   portwarden adopt ${device} --apply FILE`,
    ...notes.map((note) => `# note: ${note}`),
    quoted('device', device),
    quoted('reason', reason),
    ports.length === 0 ? 'ports: {}' : 'ports:',
  ];
  return [...head, ...ports.flatMap(portLines), ''].join('\n');
}

function portLines({ port, hash, statements }: UnknownBindingsAnswer['ports'][number]): string[] {
  return [
    `  ${scalar(port)}:`,
    `    hash: ${scalar(hash)}`,
    '    bindings:',
    ...statements.flatMap(({ statement: { key, text: words }, finding, known }) => [
      ...(words === key ? [] : [comment(words)]),
      comment(FINDINGS[finding] ?? finding),
      ...known.map(comment),
      `      - binding: ${scalar(key)}`,
      `        decision: ${finding === 'replaced' ? 'leave' : 'keep'}`,
    ]),
  ];
}

/** What a finding means, in a plan and in the list. */
export const FINDINGS: Readonly<Record<string, string>> = {
  unknown: 'nothing explains it',
  guarded: 'its server no longer has the address; a guard holds its removal',
  replaced: 'the panel has its address otherwise: the next pass replaces it',
};

const comment = (words: string): string => `      # ${words.replace(/\s+/g, ' ')}`;
const scalar = (value: string): string => stringify(value, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 }).trim();
const quoted = (name: string, value: string): string => `${name}: ${scalar(value)}`;

/**
 * Reads a plan that a person edited.
 * @param fileName for messages.
 * @param given a reason instead of the plan's.
 * @throws PortwardenError `invalid-request` naming file, line and rule.
 */
export function readPlan(content: string, fileName: string, given?: string): ReadPlan {
  const { data, problems, locate } = readDocument(content, fileName);
  const [problem] = problems;
  if (problem !== undefined) throw wrong(`${problem.where}: ${problem.rule}`);
  const result = plan.safeParse(data);
  if (!result.success) {
    const [issue] = result.error.issues;
    const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part));
    throw wrong(`${locate(path)}: ${path.join('.')}: ${issue?.message ?? 'is wrong'}`);
  }
  const { device, ports } = result.data;
  const reason = given ?? result.data.reason;
  const needsReason = Object.values(ports).some(({ bindings }) =>
    bindings.some((one) => one.decision !== 'leave' && one.reason === undefined),
  );
  if (needsReason && reason === REASON_PLACEHOLDER)
    throw wrong(`${locate(['reason'])}: reason: say why these bindings stay, in place of ${REASON_PLACEHOLDER}`);
  return {
    device,
    reason,
    ports: Object.entries(ports).map(([port, { hash, bindings }]) => ({
      port,
      hash,
      statements: bindings.map(({ binding, decision, reason: why }) => ({
        key: binding,
        adoption: ADOPTIONS.find((one) => one === decision) ?? 'leave',
        ...(why === undefined ? {} : { reason: why }),
      })),
    })),
  };
}

function wrong(message: string): PortwardenError {
  return new PortwardenError('invalid-request', message);
}
