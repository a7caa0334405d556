import type { Client } from '@temporalio/client';
import fc from 'fast-check';
import { Coordinators, type Enlister } from '../../src/temporal/coordinators';
import type { EnlistRequest } from '../../src/protocol/requests';
import { ip, junos, port } from '../activities/fakes/values';

interface Signal {
  readonly workflowId: string;
  /** What the coordinator is started with, should none run. */
  readonly args: readonly unknown[];
  readonly requests: readonly EnlistRequest[];
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

interface SignalOptions {
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly signalArgs: readonly [readonly EnlistRequest[]];
}

/** A client whose signals are in flight until the test lets them end. */
function heldClient(): { client: Client; signals: Signal[] } {
  const signals: Signal[] = [];
  const client = {
    withDeadline: (_deadline: number, call: () => Promise<unknown>) => call(),
    workflow: {
      signalWithStart: (_type: string, options: SignalOptions) =>
        new Promise<void>((resolve, reject) => {
          signals.push({
            workflowId: options.workflowId,
            args: options.args,
            requests: options.signalArgs[0],
            succeed: resolve,
            fail: reject,
          });
        }),
    },
  };
  return { client: client as unknown as Client, signals };
}

const request = (waiter: string, extra: Partial<EnlistRequest> = {}): EnlistRequest => ({
  port: port('ge-0/0/1.0'),
  serverIds: [],
  nodes: [],
  deletedServerIds: [],
  explainedIps: [],
  waiter,
  ...extra,
});
const enlister = (client: Client): Enlister => new Coordinators(client, 'q');
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

it('sends a lone request at once', () => {
  const { client, signals } = heldClient();
  void enlister(client).enlist(junos(1), request('a'));
  expect(signals.map((signal) => [signal.workflowId, signal.requests.length])).toEqual([['device:junos:1', 1]]);
});

it('starts a coordinator with its device alone: what rules it comes from its worker', () => {
  const { client, signals } = heldClient();
  void enlister(client).enlist(junos(1), request('a'));
  expect(signals.map(({ args }) => args)).toEqual([[{ device: 'junos:1' }]]);
});

it('merges what arrives while a signal to that device is in flight, and only for that device', async () => {
  const { client, signals } = heldClient();
  const enlist = enlister(client);
  const all = [
    enlist.enlist(junos(1), request('a')),
    enlist.enlist(junos(1), request('b')),
    enlist.enlist(junos(1), request('c')),
    enlist.enlist(junos(2), request('d')),
  ];
  expect(signals.map((signal) => [signal.workflowId, signal.requests.map((r) => r.waiter)])).toEqual([
    ['device:junos:1', ['a']],
    ['device:junos:2', ['d']],
  ]);
  signals[0]?.succeed();
  await settle();
  expect(signals[2]?.requests.map((r) => r.waiter)).toEqual(['b', 'c']);
  signals[1]?.succeed();
  signals[2]?.succeed();
  await Promise.all(all);
});

it('does not call a request durable before its own signal is', async () => {
  const { client, signals } = heldClient();
  const enlist = enlister(client);
  let durable = false;
  const first = enlist.enlist(junos(1), request('a'));
  const second = enlist.enlist(junos(1), request('b')).then(() => {
    durable = true;
  });
  signals[0]?.succeed();
  await first;
  await settle();
  expect(durable).toBe(false);
  signals[1]?.succeed();
  await second;
});

it('a failed signal fails those in it; the others go on', async () => {
  const { client, signals } = heldClient();
  const enlist = enlister(client);
  const first = enlist.enlist(junos(1), request('a'));
  const second = enlist.enlist(junos(1), request('b'));
  signals[0]?.fail(new Error('unavailable'));
  await expect(first).rejects.toMatchObject({
    code: 'temporal-unavailable',
    message: expect.stringContaining('unavailable') as string,
  });
  await settle();
  signals[1]?.succeed();
  await second;
  void enlist.enlist(junos(1), request('c'));
  expect(signals).toHaveLength(3);
});

it('keeps a signal small: at most 200 requests and 5,000 addresses, but never none', async () => {
  const { client, signals } = heldClient();
  const enlist = enlister(client);
  void enlist.enlist(junos(1), request('first'));
  const many = Array.from({ length: 3_000 }, (_, i) => ip(`10.1.${Math.floor(i / 250)}.${i % 250}`));
  for (let i = 0; i < 3; i += 1)
    void enlist.enlist(junos(1), request(`big-${i}`, { explainedIps: [...many, ...many] }));
  for (let i = 0; i < 450; i += 1) void enlist.enlist(junos(1), request(`small-${i}`));
  for (let i = 0; i < signals.length; i += 1) {
    signals[i]?.succeed();
    await settle();
  }
  expect(signals.map((signal) => signal.requests.length)).toEqual([1, 1, 1, 1, 200, 200, 50]);
});

it('loses nothing, whatever fails and in whatever order requests come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ device: fc.integer({ min: 1, max: 3 }), fails: fc.boolean(), pause: fc.boolean() }), {
        minLength: 1,
        maxLength: 60,
      }),
      async (steps) => {
        const { client, signals } = heldClient();
        const enlist = enlister(client);
        const told = new Map<string, boolean>();
        let answered = 0;
        const delivered = new Set<string>();
        const answerNext = async (fails: boolean): Promise<void> => {
          const signal = signals[answered];
          if (signal === undefined) return;
          answered += 1;
          if (fails) signal.fail(new Error('no'));
          else {
            for (const { waiter } of signal.requests) delivered.add(waiter ?? '');
            signal.succeed();
          }
          await settle();
        };
        const asked = steps.map((step, index) => ({ ...step, waiter: `w${index}` }));
        for (const { device, fails, pause, waiter } of asked) {
          enlist.enlist(junos(device), request(waiter)).then(
            () => told.set(waiter, true),
            () => told.set(waiter, false),
          );
          if (pause) await answerNext(fails);
        }
        while (answered < signals.length) await answerNext(false);
        expect(told.size).toBe(asked.length);
        for (const { waiter } of asked) expect([waiter, told.get(waiter)]).toEqual([waiter, delivered.has(waiter)]);
        const everySent = signals.flatMap((signal) => signal.requests.map((r) => r.waiter));
        expect([...everySent].sort()).toEqual(asked.map((r) => r.waiter).sort());
      },
    ),
  );
});
