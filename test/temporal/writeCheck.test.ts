import pino from 'pino';
import { PortwardenError } from '../../src/domain/errors';
import { createReadiness } from '../../src/app/readiness';
import { WriteCheck } from '../../src/temporal/writeCheck';

/** A probe that counts, under a clock that is set by hand. */
function underTest() {
  const state = { now: 0, writes: 0, fault: undefined as Error | undefined };
  const probe = {
    write: async () => {
      state.writes += 1;
      if (state.fault !== undefined) throw state.fault;
    },
  };
  const check = new WriteCheck(probe, { successForMs: 30_000, failureForMs: 5_000, now: () => state.now });
  const outcome = async (): Promise<string> =>
    check.check().then(
      () => 'ok',
      (error: unknown) => (error instanceof PortwardenError ? `${error.code}: ${error.message}` : String(error)),
    );
  return { state, check, outcome };
}

describe('whether events can be accepted', () => {
  it('is found out by a write, and believed for a while', async () => {
    const { state, outcome } = underTest();
    expect([await outcome(), await outcome()]).toEqual(['ok', 'ok']);
    state.now = 29_999;
    expect([await outcome(), state.writes]).toEqual(['ok', 1]);
    state.now = 30_000;
    expect([await outcome(), state.writes]).toEqual(['ok', 2]);
  });

  it('is proven by every accepted event, without a write', async () => {
    const { state, check, outcome } = underTest();
    for (let event = 0; event < 10; event += 1) {
      state.now += 20_000;
      check.succeeded();
      expect(await outcome()).toBe('ok');
    }
    expect(state.writes).toBe(0);
  });

  it('is doubted at once when an event was refused, and found out by one write', async () => {
    const { state, check, outcome } = underTest();
    await outcome();
    state.fault = new Error('Failed to start Workflow', {
      cause: new Error('UpdateShard: database or disk is full (13)'),
    });
    expect(await outcome()).toBe('ok');
    check.failed();
    expect(await outcome()).toBe(
      'temporal-unavailable: Temporal stores nothing: UpdateShard: database or disk is full (13)',
    );
    check.failed();
    state.now = 4_999;
    expect(await Promise.all([outcome(), outcome(), outcome()])).toHaveLength(3);
    expect(state.writes).toBe(2);
  });

  it('is believed again as soon as a write, or an event, is stored', async () => {
    const { state, check, outcome } = underTest();
    state.fault = new Error('full');
    await outcome();
    check.succeeded();
    expect(await outcome()).toBe('ok');
    check.failed();
    await outcome();
    state.fault = undefined;
    state.now = 5_000;
    expect([await outcome(), state.writes]).toEqual(['ok', 3]);
  });

  it('costs one write however many ask at once', async () => {
    const { state, outcome } = underTest();
    await Promise.all(Array.from({ length: 50 }, outcome));
    expect(state.writes).toBe(1);
  });
});

describe('the readiness', () => {
  it('answers codes, logs the cause once when it begins and once when it is over, and has one round at a time', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { level: 'debug' },
      { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    let fault: Error | undefined = new PortwardenError('temporal-unavailable', 'disk full');
    let rounds = 0;
    const readiness = createReadiness(
      {
        temporal: async () => {
          rounds += 1;
          if (fault !== undefined) throw fault;
        },
        store: () => Promise.resolve(),
      },
      log,
      '/tmp',
    );
    const not = { ready: false, checks: { temporal: 'temporal-unavailable', store: 'ok' } };
    expect(await Promise.all([readiness(), readiness()])).toEqual([not, not]);
    expect(rounds).toBe(1);
    expect(await readiness()).toEqual(not);
    fault = new TypeError('secret at /srv');
    expect(await readiness()).toEqual({ ready: false, checks: { temporal: 'unavailable', store: 'ok' } });
    fault = undefined;
    expect(await readiness()).toEqual({ ready: true, checks: { temporal: 'ok', store: 'ok' } });
    expect(lines.map(({ msg, check, cause }) => ({ msg, check, cause }))).toEqual([
      { msg: 'not ready: events cannot be accepted', check: 'temporal', cause: 'disk full' },
      { msg: 'ready again: events can be accepted', check: 'temporal', cause: undefined },
    ]);
    expect(lines[0]).toMatchObject({ directory: '/tmp', freeMiB: expect.any(Number) as number });
  });
});
