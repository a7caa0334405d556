import fc from 'fast-check';
import { judgeProbe, saysAway, UNPROBED, type ProbeRecord } from '../../src/domain/reachability';

const SECOND = 1_000;

it('takes only what says that a device cannot be reached for that', () => {
  expect(saysAway({ code: 'device-unreachable' })).toBe(true);
  expect(saysAway({ code: 'device-timeout' })).toBe(true);
  expect(saysAway({ code: 'device-busy' })).toBe(false);
  expect(saysAway(undefined)).toBe(false);
});

it('tries a device at its first answer', () => {
  let record: ProbeRecord = UNPROBED;
  for (let probe = 0; probe < 10; probe += 1) {
    const judged = judgeProbe(record, false, probe * 5 * SECOND);
    expect(judged.isBack).toBe(false);
    record = judged.record;
  }
  expect(judgeProbe(record, true, 55 * SECOND).isBack).toBe(true);
});

it('tries one that answers all the time and stays away less and less often, at last each quarter of an hour', () => {
  const tried: number[] = [];
  let record: ProbeRecord = UNPROBED;
  for (let now = 0; now < 7_200; now += 5) {
    const judged = judgeProbe(record, true, now * SECOND);
    if (judged.isBack) tried.push(now);
    record = judged.record;
  }
  expect(tried).toEqual([0, 30, 90, 210, 450, 930, 1830, 2730, 3630, 4530, 5430, 6330]);
});

it('takes the answer of one that was silent for three probes for news again, and not after one that was lost', () => {
  const after = (silent: number): boolean => {
    let { record } = judgeProbe(UNPROBED, true, 0);
    ({ record } = judgeProbe(record, true, 30 * SECOND));
    for (let probe = 0; probe < silent; probe += 1) ({ record } = judgeProbe(record, false, 31 * SECOND));
    return judgeProbe(record, true, 40 * SECOND).isBack;
  };
  expect([0, 1, 2, 3, 4].map(after)).toEqual([false, false, false, true, true]);
});

it('however a device comes and goes: no try without an answer, and no two within 30 seconds but after three silent probes', () => {
  const steps = fc.array(fc.record({ answers: fc.boolean(), afterMs: fc.integer({ min: 0, max: 60 * SECOND }) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (probes) => {
      let record: ProbeRecord = UNPROBED;
      let now = 0;
      let lastTry = Number.NEGATIVE_INFINITY;
      let silent = 0;
      for (const { answers, afterMs } of probes) {
        now += afterMs;
        const judged = judgeProbe(record, answers, now);
        if (judged.isBack) {
          expect(answers).toBe(true);
          expect(now - lastTry >= 30 * SECOND || silent >= 3).toBe(true);
          lastTry = now;
        }
        silent = answers ? 0 : silent + 1;
        record = judged.record;
      }
    }),
  );
});
