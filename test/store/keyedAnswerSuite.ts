import { randomUUID } from 'node:crypto';
import type { Store } from '../../src/store/store';

/** What every engine must do for answers to requests with an Idempotency-Key. */
export function keyedAnswerSuite(open: () => Store): void {
  const at = (seconds: number): Date => new Date(Date.parse('2031-01-01T00:00:00.000Z') + seconds * 1_000);
  const request = (): { readonly id: string; readonly digest: string } => ({ id: randomUUID(), digest: 'one' });
  const answer = { status: 201, body: { pause: { scope: 'all', reason: 'line card' } } };

  it('one of those who ask carries a request out; the others get its answer, once there is one', async () => {
    const { keyedAnswers } = open();
    const asked = request();
    const first = await Promise.all([1, 2, 3].map((second) => keyedAnswers.begin(asked, at(second))));
    expect([...first].sort()).toEqual(['new', 'under-way', 'under-way']);
    expect(await keyedAnswers.begin({ ...asked, digest: 'two' }, at(4))).toBe('other');
    await keyedAnswers.answered(asked, answer);
    expect(await keyedAnswers.begin(asked, at(5))).toEqual(answer);
    expect(await keyedAnswers.begin({ ...asked, digest: 'two' }, at(6))).toBe('other');
    expect(await keyedAnswers.begin(request(), at(7))).toBe('new');
  });

  it('what was released is carried out by the next one who asks, and what has an answer is not released', async () => {
    const { keyedAnswers } = open();
    const asked = request();
    await keyedAnswers.begin(asked, at(0));
    await keyedAnswers.released({ ...asked, digest: 'two' });
    expect(await keyedAnswers.begin(asked, at(1))).toBe('under-way');
    await keyedAnswers.released(asked);
    expect(await keyedAnswers.begin(asked, at(2))).toBe('new');
    await keyedAnswers.answered(asked, answer);
    await keyedAnswers.released(asked);
    expect(await keyedAnswers.begin(asked, at(3))).toEqual(answer);
  });

  it('who began and never answered is taken over after two minutes, by one', async () => {
    const { keyedAnswers } = open();
    const asked = request();
    await keyedAnswers.begin(asked, at(0));
    expect(await keyedAnswers.begin(asked, at(119))).toBe('under-way');
    expect(await keyedAnswers.begin({ ...asked, digest: 'two' }, at(121))).toBe('other');
    expect([await keyedAnswers.begin(asked, at(121)), await keyedAnswers.begin(asked, at(122))]).toEqual([
      'new',
      'under-way',
    ]);
  });

  it('an answer is remembered for a week', async () => {
    const { keyedAnswers } = open();
    const asked = request();
    await keyedAnswers.begin(asked, at(0));
    await keyedAnswers.answered(asked, answer);
    expect(await keyedAnswers.begin(asked, at(7 * 86_400))).toEqual(answer);
    expect(await keyedAnswers.begin(asked, at(7 * 86_400 + 1))).toBe('new');
  });
}
