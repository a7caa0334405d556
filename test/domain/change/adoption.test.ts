import fc from 'fast-check';
import {
  judgeDecisions,
  openHash,
  type Adoption,
  type OpenPort,
  type PortDecisions,
  type PortNow,
} from '../../../src/domain/change/adoption';
import { sameStatement, type Statement } from '../../../src/domain/change/statement';
import { junos, port, statement } from '../../activities/fakes/values';
import { anyActual } from '../arbitraries';

const PORT = port('ge-0/0/1.0');
const [A, B, C] = ['10.0.48.1', '10.0.48.2', '10.0.48.3'].map((address) => statement(address)) as [
  Statement,
  Statement,
  Statement,
];

const keysOf = (statements: readonly Statement[]): string[] => statements.map(({ key }) => key);
const openPort = (statements: readonly Statement[]): OpenPort => ({
  device: junos(1),
  port: PORT,
  hash: openHash(PORT, keysOf(statements)),
  statements: statements.map((one) => ({ statement: one, finding: 'unknown', known: [] })),
});
const now = (
  open: readonly Statement[],
  kept: readonly Statement[] = [],
  more: readonly Statement[] = [],
): PortNow => ({
  open: openPort(open),
  presentKeys: keysOf([...open, ...kept, ...more]),
  keptKeys: keysOf(kept),
});
const decide = (...decisions: readonly (readonly [Statement, Adoption])[]): PortDecisions => ({
  port: PORT,
  statements: decisions.map(([{ key }, adoption]) => ({ key, adoption })),
});
const planned = (...decisions: readonly (readonly [Statement, Adoption])[]): PortDecisions => ({
  ...decide(...decisions),
  hash: openHash(PORT, keysOf(decisions.map(([one]) => one))),
});

describe('decisions about what nothing explains', () => {
  it('are done as they say; what nobody names, and what is left, stays as it is', () => {
    expect(judgeDecisions(decide([A, 'keep'], [B, 'remove']), now([A, B, C]))).toMatchObject({
      keep: [{ statement: A }],
      remove: [{ statement: B }],
      done: [],
    });
    expect(judgeDecisions(planned([A, 'leave'], [B, 'leave']), now([A, B]))).toEqual({
      keep: [],
      remove: [],
      done: [],
    });
  });

  it('can be brought twice: what was carried out is no change', () => {
    const plan = planned([A, 'keep'], [B, 'remove'], [C, 'leave']);
    expect(judgeDecisions(plan, now([C], [A]))).toEqual({ keep: [], remove: [], done: keysOf([A, B]) });
  });

  it.each<[string, PortDecisions, PortNow, RegExp]>([
    ['something came', planned([A, 'keep']), now([A, B]), /since then there are also 10\.0\.48\.2/],
    ['something went', planned([A, 'keep'], [B, 'keep']), now([A]), /10\.0\.48\.2 .* is not there/],
    ['something is explained by now', planned([A, 'keep'], [B, 'leave']), now([A], [], [B]), /is explained by now/],
    ['what is to go is kept', decide([A, 'remove']), now([], [A]), /is kept/],
    [
      'a line was taken out',
      { ...planned([A, 'keep'], [B, 'keep']), ...decide([A, 'keep']) },
      now([A, B]),
      /write `leave`/,
    ],
    ['nobody knows it', decide([C, 'keep']), now([A]), /is not there/],
  ])('are refused when %s', (_what, decisions, at, refused) => {
    expect(judgeDecisions(decisions, at)).toEqual({ refused: expect.stringMatching(refused) as string });
  });

  it('have a hash that is the same in whatever order, and another for other statements or another port', () => {
    expect(openHash(PORT, keysOf([A, B]))).toBe(openHash(PORT, keysOf([B, A])));
    expect(openHash(PORT, keysOf([A]))).not.toBe(openHash(PORT, keysOf([A, B])));
    expect(openHash(port('ge-0/0/2.0'), keysOf([A]))).not.toBe(openHash(PORT, keysOf([A])));
  });

  it('carried out and brought again change nothing, whatever they are', () => {
    const anyDecisions = anyActual.chain((statements) =>
      fc
        .array(fc.constantFrom<Adoption>('keep', 'remove', 'leave'), {
          minLength: statements.length,
          maxLength: statements.length,
        })
        .map((adoptions) =>
          statements.map((one, index) => [one, adoptions[index] ?? 'leave'] as const satisfies [Statement, Adoption]),
        ),
    );
    fc.assert(
      fc.property(anyDecisions, (decisions) => {
        const plan = planned(...decisions);
        const first = judgeDecisions(plan, now(decisions.map(([one]) => one)));
        if ('refused' in first) throw new Error(first.refused);
        const kept = first.keep.map((one) => one.statement);
        const left = decisions
          .map(([one]) => one)
          .filter(
            (one) => ![...kept, ...first.remove.map((gone) => gone.statement)].some((at) => sameStatement(at, one)),
          );
        expect(judgeDecisions(plan, now(left, kept))).toEqual({
          ...{ keep: [], remove: [] },
          done: plan.statements.filter(({ adoption }) => adoption !== 'leave').map(({ key }) => key),
        });
      }),
    );
  });
});
