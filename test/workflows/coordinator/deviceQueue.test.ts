import fc from 'fast-check';
import { errorReport } from '../../../src/domain/errors';
import type { PortName } from '../../../src/domain/values/port';
import type { TakenPort } from '../../../src/protocol/coordinator';
import { DeviceQueue } from '../../../src/workflows/coordinator/deviceQueue';
import { ip, port, server } from '../../activities/fakes/values';
import { settingsWith } from './settings';

const SETTINGS = settingsWith({ batchPorts: 3 });
const FAULT = errorReport('panel-failed', 'HTTP 500');
const BUSY = errorReport('device-busy', 'locked');
const P = (n: number): PortName => port(`ge-0/0/${n}.0`);
const ask = (n: number, waiter?: string) => ({
  port: P(n),
  serverIds: [],
  nodes: [],
  explainedIps: [],
  deletedServerIds: [],
  ...(waiter === undefined ? {} : { waiter }),
});
const restored = (queue: DeviceQueue): DeviceQueue =>
  new DeviceQueue(JSON.parse(JSON.stringify(queue.snapshot())) as ReturnType<DeviceQueue['snapshot']>);

describe('merging', () => {
  it('unites what requests for one port say', () => {
    const queue = new DeviceQueue();
    queue.enlist(
      { ...ask(1, 'a'), serverIds: [server(1)], nodes: [{ cluster: 'c', node: 'n1' }], explainedIps: [ip('10.0.0.1')] },
      10,
    );
    queue.enlist(
      {
        ...ask(1, 'b'),
        serverIds: [server(2), server(1)],
        nodes: [
          { cluster: 'c', node: 'n2' },
          { cluster: 'c', node: 'n1' },
        ],
        explainedIps: [ip('10.0.0.2'), ip('10.0.0.1')],
      },
      20,
    );
    expect(queue.take(30, SETTINGS.batchPorts)).toEqual([
      {
        port: P(1),
        serverIds: [1, 2],
        nodes: [
          { cluster: 'c', node: 'n1' },
          { cluster: 'c', node: 'n2' },
        ],
        deletedServerIds: [],
        explainedIps: ['10.0.0.1', '10.0.0.2'],
        waiters: ['a', 'b'],
        since: 10,
        newest: 30,
        attempts: 0,
        notBefore: 10,
        approved: false,
      },
    ]);
  });

  it('what any request explains is explained', () => {
    const queue = new DeviceQueue();
    queue.enlist({ ...ask(1), explainedIps: [ip('10.0.0.1')] }, 0);
    queue.enlist({ ...ask(1), explainedIps: [ip('10.0.0.2')] }, 0);
    expect(queue.take(0, SETTINGS.batchPorts)[0]?.explainedIps).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('an approval joins what waits and stays until the port is tried', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(1, 'a'), 0);
    queue.approve(P(1), 5);
    const [entry] = queue.take(5, SETTINGS.batchPorts);
    expect(entry).toMatchObject({ approved: true, waiters: ['a'] });
    if (entry !== undefined) queue.putBack(entry, FAULT, 5, SETTINGS);
    expect(restored(queue).take(10_000, SETTINGS.batchPorts)[0]?.approved).toBe(true);
  });

  it('single removals that are approved join what waits, and stay through failures and continue-as-new', () => {
    const queue = new DeviceQueue();
    queue.enlist({ ...ask(1, 'a'), approvedStatements: ['x'] }, 0);
    const [entry] = queue.take(0, SETTINGS.batchPorts);
    queue.enlist({ ...ask(1, 'b'), approvedStatements: ['y'] }, 1);
    if (entry !== undefined) queue.putBack(entry, FAULT, 5, SETTINGS);
    expect(restored(queue).take(10_000, SETTINGS.batchPorts)[0]).toMatchObject({
      approvedStatements: ['y', 'x'],
      approved: false,
    });
  });

  it('a request that comes while its port is in a batch is not lost when the port is put back', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(1, 'a'), 0);
    const [entry] = queue.take(0, SETTINGS.batchPorts);
    queue.enlist(ask(1, 'b'), 10);
    if (entry !== undefined) queue.putBack(entry, FAULT, 20, SETTINGS);
    expect(queue.take(1_019, SETTINGS.batchPorts)).toEqual([]);
    expect(queue.take(1_020, SETTINGS.batchPorts)).toEqual([
      expect.objectContaining({ waiters: ['b', 'a'], attempts: 1, since: 0, lastError: FAULT }),
    ]);
  });
});

describe('back-off', () => {
  it('doubles up to its limit', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(1), 0);
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 6; i += 1) {
      const [entry] = queue.take(now, SETTINGS.batchPorts);
      if (entry === undefined) throw new Error('not due');
      queue.putBack(entry, FAULT, now, SETTINGS);
      const due = queue.nextDue(now) ?? 0;
      waits.push(due - now);
      expect(queue.isReady(due - 1)).toBe(false);
      now = due;
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  });

  it('of the device holds back all ports, and is forgotten once it answers', () => {
    const queue = new DeviceQueue();
    queue.backOffDevice(BUSY, 0, SETTINGS);
    queue.backOffDevice(BUSY, 1_000, SETTINGS);
    queue.enlist(ask(1), 1_500);
    expect([
      queue.isReady(2_999),
      queue.take(2_999, SETTINGS.batchPorts),
      queue.nextDue(2_999),
      queue.deviceError,
      queue.dueAt(P(1), 2_999),
    ]).toEqual([false, [], 3_000, BUSY, 3_000]);
    queue.deviceAnswered();
    expect([queue.isReady(1_500), queue.deviceError]).toEqual([true, undefined]);
    queue.backOffDevice(BUSY, 0, SETTINGS);
    expect(queue.nextDue(1_500)).toBe(1_500);
  });

  it('is not ended by a new request, but by an operator', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(1), 0);
    const [entry] = queue.take(0, SETTINGS.batchPorts);
    if (entry !== undefined) queue.putBack(entry, FAULT, 0, SETTINGS);
    queue.backOffDevice(BUSY, 0, SETTINGS);
    queue.enlist(ask(1), 100);
    expect(queue.isReady(500)).toBe(false);
    queue.retryNow(500);
    expect(queue.isReady(500)).toBe(true);
  });
});

describe('giving up', () => {
  const failUntilGivenUp = (queue: DeviceQueue, renew: (now: number) => void): number => {
    for (let now = 0; now < 10 * SETTINGS.giveUpAfterMs; now += 1_000) {
      renew(now);
      for (const entry of queue.take(now, SETTINGS.batchPorts))
        if (queue.putBack(entry, FAULT, now, SETTINGS) === 'gave-up') return now;
    }
    return Number.POSITIVE_INFINITY;
  };

  it('counts from when the newest request was first tried', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(1, 'a'), 0);
    const end = failUntilGivenUp(queue, (now) => {
      if (now === 30_000) queue.enlist(ask(1, 'b'), now);
    });
    expect(end).toBeGreaterThanOrEqual(90_000);
    expect(end).toBeLessThan(90_000 + 2 * SETTINGS.maximumBackoffMs + 1_000);
  });

  it('is not put off by an event that asks again for what it waits for', () => {
    const queue = new DeviceQueue();
    expect(
      failUntilGivenUp(queue, (now) => {
        if (now % 5_000 === 0) queue.enlist(ask(1, 'a'), now);
      }),
    ).toBeLessThan(SETTINGS.giveUpAfterMs + SETTINGS.maximumBackoffMs + 1_000);
  });
});

describe('fairness', () => {
  it('ports that always fail do not starve others, however slow batches are', () => {
    const queue = new DeviceQueue();
    for (const n of [1, 2, 3]) queue.enlist(ask(n), 0);
    let done = 0;
    let now = 1;
    for (let batch = 0; batch < 30; batch += 1) {
      queue.enlist(ask(100 + batch), now);
      now += 30_000;
      for (const entry of queue.take(now, SETTINGS.batchPorts)) {
        if (Number(/\/(\d+)\.0$/.exec(entry.port)?.[1]) < 100)
          queue.putBack({ ...entry, newest: now }, FAULT, now, SETTINGS);
        else done += 1;
      }
    }
    expect(done).toBeGreaterThan(25);
  });

  it('a port that is asked for all the time has its turn all the same', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(1, 'first'), 0);
    for (let n = 2; n <= 20; n += 1) queue.enlist(ask(n), n);
    queue.enlist(ask(1, 'again'), 50);
    expect(queue.take(100, 1)[0]?.port).toBe(P(1));
  });

  it('those that came at the same time have their turn as they came, whatever people see of when', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(2), 0, 50);
    queue.enlist(ask(1), 0, 10);
    expect(restored(queue).take(0, 1)[0]?.port).toBe(P(2));
  });

  it('a postponed port keeps its place', () => {
    const queue = new DeviceQueue();
    queue.enlist(ask(1), 0);
    queue.enlist(ask(2), 1);
    const [entry] = queue.take(2, 1);
    queue.enlist(ask(1), 3);
    if (entry !== undefined) queue.postpone(entry);
    expect(queue.take(4, 1)[0]?.port).toBe(P(1));
  });
});

/** What the queue must know of a port, kept as simply as can be. */
interface ModelPort {
  waiters: Set<string>;
  servers: Set<number>;
  attempts: number;
  since: number;
  notBefore: number;
  approved: boolean;
}

interface Model {
  now: number;
  ports: Map<PortName, ModelPort>;
  deviceNotBefore: number;
  deviceAttempts: number;
  batch: { entry: TakenPort; known: ModelPort }[];
}

interface Real {
  queue: DeviceQueue;
}

const backoff = (attempts: number): number =>
  Math.min(SETTINGS.initialBackoffMs * 2 ** (attempts - 1), SETTINGS.maximumBackoffMs);

const unite = (
  model: Model,
  name: PortName,
  other: ModelPort,
  notBefore: (waiting: number, mine: number) => number,
): void => {
  const waiting = model.ports.get(name);
  model.ports.set(
    name,
    waiting === undefined
      ? other
      : {
          waiters: new Set([...waiting.waiters, ...other.waiters]),
          servers: new Set([...waiting.servers, ...other.servers]),
          attempts: Math.max(waiting.attempts, other.attempts),
          since: Math.min(waiting.since, other.since),
          notBefore: notBefore(waiting.notBefore, other.notBefore),
          approved: waiting.approved || other.approved,
        },
  );
};

const compare = (model: Model, { queue }: Real): void => {
  const { pending, deviceNotBefore, deviceAttempts } = queue.snapshot();
  expect([deviceNotBefore, deviceAttempts]).toEqual([model.deviceNotBefore, model.deviceAttempts]);
  const plain = (known: ModelPort) => ({
    ...known,
    waiters: [...known.waiters].sort(),
    servers: [...known.servers].sort(),
  });
  const real = pending.map(({ port: name, waiters, serverIds, attempts, since, notBefore, approved }) => [
    name,
    plain({ waiters: new Set(waiters), servers: new Set<number>(serverIds), attempts, since, notBefore, approved }),
  ]);
  expect(Object.fromEntries(real)).toEqual(
    Object.fromEntries([...model.ports].map(([name, known]) => [name, plain(known)])),
  );
  const due = [...model.ports.values()].map((known) => Math.max(known.notBefore, model.deviceNotBefore));
  expect(queue.nextDue(model.now)).toBe(due.length === 0 ? undefined : Math.min(...due));
  expect(queue.isReady(model.now)).toBe(due.some((time) => time <= model.now));
};

type Command = fc.Command<Model, Real>;
const command = (
  name: string,
  run: (model: Model, real: Real) => void,
  check: (model: Model) => boolean = () => true,
): Command => ({
  check,
  run: (model, real) => {
    run(model, real);
    compare(model, real);
  },
  toString: () => name,
});

const commands = [
  fc
    .tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([n, waiter, id]) =>
      command(`enlist ${n} ${waiter ?? ''}`, (model, { queue }) => {
        queue.enlist({ ...ask(n, waiter), serverIds: [server(id)] }, model.now);
        unite(
          model,
          P(n),
          {
            waiters: new Set(waiter === undefined ? [] : [waiter]),
            servers: new Set([id]),
            attempts: 0,
            since: model.now,
            notBefore: model.now,
            approved: false,
          },
          (waiting) => waiting,
        );
      }),
    ),
  fc.integer({ min: 1, max: 6 }).map((n) =>
    command(`approve ${n}`, (model, { queue }) => {
      queue.approve(P(n), model.now);
      unite(
        model,
        P(n),
        { waiters: new Set(), servers: new Set(), attempts: 0, since: model.now, notBefore: model.now, approved: true },
        (waiting) => waiting,
      );
    }),
  ),
  fc.integer({ min: 1, max: 5_000 }).map((ms) =>
    command(`wait ${ms}`, (model) => {
      model.now += ms;
    }),
  ),
  fc.constant(
    command('take', (model, { queue }) => {
      const taken = queue.take(model.now, SETTINGS.batchPorts);
      const due = [...model.ports].filter(([, known]) => Math.max(known.notBefore, model.deviceNotBefore) <= model.now);
      expect(taken).toHaveLength(Math.min(due.length, SETTINGS.batchPorts));
      const left = due.filter(([name]) => !taken.some((entry) => entry.port === name));
      for (const entry of taken) {
        const known = model.ports.get(entry.port);
        if (known === undefined) throw new Error(`took ${entry.port}, which does not wait`);
        for (const [, other] of left) expect(known.notBefore).toBeLessThanOrEqual(other.notBefore);
        model.ports.delete(entry.port);
        model.batch.push({ entry, known });
      }
    }),
  ),
  fc.nat(2).map((index) =>
    command(
      `settle ${index}`,
      (model) => {
        model.batch.splice(index, 1);
      },
      (model) => model.batch.length > index,
    ),
  ),
  fc.nat(2).map((index) =>
    command(
      `put back ${index}`,
      (model, { queue }) => {
        const [taken] = model.batch.splice(index, 1);
        if (taken === undefined) return;
        const result = queue.putBack(taken.entry, FAULT, model.now, SETTINGS);
        expect(result).toBe(model.now - taken.entry.newest >= SETTINGS.giveUpAfterMs ? 'gave-up' : 'waits');
        if (result === 'gave-up') return;
        const attempts = taken.known.attempts + 1;
        unite(
          model,
          taken.entry.port,
          { ...taken.known, attempts, notBefore: model.now + backoff(attempts) },
          Math.max,
        );
      },
      (model) => model.batch.length > index,
    ),
  ),
  fc.nat(2).map((index) =>
    command(
      `postpone ${index}`,
      (model, { queue }) => {
        const [taken] = model.batch.splice(index, 1);
        if (taken === undefined) return;
        queue.postpone(taken.entry);
        unite(model, taken.entry.port, taken.known, Math.min);
      },
      (model) => model.batch.length > index,
    ),
  ),
  fc.constant(
    command('device fault', (model, { queue }) => {
      queue.backOffDevice(BUSY, model.now, SETTINGS);
      model.deviceAttempts += 1;
      model.deviceNotBefore = model.now + backoff(model.deviceAttempts);
    }),
  ),
  fc.constant(
    command('device answers', (model, { queue }) => {
      queue.deviceAnswered();
      model.deviceAttempts = 0;
      model.deviceNotBefore = 0;
    }),
  ),
  fc.constant(
    command('retry now', (model, { queue }) => {
      queue.retryNow(model.now);
      model.deviceNotBefore = 0;
      for (const known of model.ports.values()) known.notBefore = Math.min(known.notBefore, model.now);
    }),
  ),
  fc.constant(
    command('continue as new', (_model, real) => {
      real.queue = restored(real.queue);
    }),
  ),
];

it('behaves as its model in any order of things, across continue-as-new', () => {
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 80, size: '+1' }), (list) => {
      fc.modelRun(
        () => ({
          model: { now: 1_000, ports: new Map(), deviceNotBefore: 0, deviceAttempts: 0, batch: [] },
          real: { queue: new DeviceQueue() },
        }),
        list,
      );
    }),
    { numRuns: 150 },
  );
});

it('every request is served within as many batches as there are ports before it, when nothing fails', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 100 }), (ports) => {
      const queue = new DeviceQueue();
      ports.forEach((n, index) => {
        queue.enlist(ask(n, `w${index}`), index);
      });
      const served = new Set<string>();
      const batches = Math.ceil(new Set(ports).size / SETTINGS.batchPorts);
      for (let i = 0; i < batches; i += 1)
        for (const entry of queue.take(1_000, SETTINGS.batchPorts))
          entry.waiters.forEach((waiter) => served.add(waiter));
      expect(served.size).toBe(ports.length);
      expect(queue.size).toBe(0);
    }),
  );
});
