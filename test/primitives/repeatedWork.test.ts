import { RepeatedWork } from '../../src/primitives/repeatedWork';

/** Work that says when it begins and ends when it is let. */
function gatedWork(): { begun: number; work: () => Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const state = {
    begun: 0,
    work: (): Promise<void> => {
      state.begun += 1;
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    end: (): void => {
      end();
    },
  };
  return state;
}

describe('work that is repeated', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('begins after its interval, and again only an interval after its end', async () => {
    const gated = gatedWork();
    const repeated = new RepeatedWork(gated.work, 1_000);
    await jest.advanceTimersByTimeAsync(999);
    expect(gated.begun).toBe(0);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(gated.begun).toBe(1);
    gated.end();
    await jest.advanceTimersByTimeAsync(999);
    expect(gated.begun).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(gated.begun).toBe(2);
    gated.end();
    await repeated.stop();
  });

  test('a first time may come at once', async () => {
    const gated = gatedWork();
    const repeated = new RepeatedWork(gated.work, 1_000, 0);
    await jest.advanceTimersByTimeAsync(1);
    expect(gated.begun).toBe(1);
    gated.end();
    await repeated.stop();
  });

  test('stopping waits for what is under way, and nothing begins afterwards', async () => {
    const gated = gatedWork();
    const repeated = new RepeatedWork(gated.work, 1_000, 0);
    await jest.advanceTimersByTimeAsync(1);
    let stopped = false;
    const stopping = repeated.stop().then(() => {
      stopped = true;
    });
    await jest.advanceTimersByTimeAsync(10_000);
    expect([gated.begun, stopped]).toEqual([1, false]);
    gated.end();
    await stopping;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(gated.begun).toBe(1);
  });
});
