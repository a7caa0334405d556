import pino from 'pino';
import { ReturnWatch } from '../../src/app/returnWatch';
import type { ReconcileState } from '../../src/domain/drift/reconcile';
import { errorReport } from '../../src/domain/errors';
import type { ErrorCode } from '../../src/domain/errors';
import type { DeviceId } from '../../src/domain/values/device';
import type { CoordinatorState } from '../../src/protocol/coordinator';
import { junos } from '../activities/fakes/values';

const A = junos(1);
const B = junos(2);
const SECOND = 1_000;

function state(device: DeviceId, code?: ErrorCode, running = false): CoordinatorState {
  return {
    ...{ device, deferrals: [], pending: [], lastOutcomes: [], batches: 1 },
    ...(code === undefined ? {} : { deviceError: errorReport(code, 'no answer') }),
    ...(running ? { running: { batch: 2, step: 'commitToSwitch', ports: [] } } : {}),
  };
}

function unreconciled(device: DeviceId, code: ErrorCode): ReconcileState {
  return {
    ...{ device, mode: 'observe' as const, ports: 0, unreadable: 0, inDrift: 0, underWay: [], notes: [] },
    ...{ triedAt: new Date(0).toISOString(), error: { code, message: 'no answer' } },
  };
}

let up: Set<DeviceId>;
let asked: DeviceId[];
let told: string[];
let reconciles: ReconcileState[];
let atOnce: number;
let mostAtOnce: number;
let isTemporalAway: boolean;
let watch: ReturnWatch;

beforeEach(() => {
  up = new Set();
  asked = [];
  told = [];
  reconciles = [];
  atOnce = 0;
  mostAtOnce = 0;
  isTemporalAway = false;
  const tell = (word: string) => async (device: DeviceId) => {
    if (isTemporalAway) throw new Error('no Temporal');
    told.push(`${word} ${device}`);
  };
  watch = new ReturnWatch({
    reconciles: async () => reconciles,
    answers: async (device) => {
      asked.push(device);
      mostAtOnce = Math.max(mostAtOnce, (atOnce += 1));
      await new Promise(setImmediate);
      atOnce -= 1;
      if (device === junos(9)) return undefined;
      return up.has(device);
    },
    retryNow: tell('retry'),
    reconcile: tell('reconcile'),
    log: pino({ level: 'silent' }),
    everyMs: 3_600_000,
  });
});
afterEach(() => watch.stop());

it('asks nothing of devices that are fine, busy, at work or of a kind that cannot tell', async () => {
  up.add(A);
  watch.surveyed([state(A), state(B, 'device-busy'), state(junos(3), 'device-unreachable', true)]);
  reconciles = [unreconciled(junos(4), 'device-authentication')];
  await watch.round(0);
  expect(asked).toEqual([]);
  watch.surveyed([state(junos(9), 'device-unreachable')]);
  await watch.round(0);
  expect([asked, told]).toEqual([[junos(9)], []]);
});

it('has one that answers again tried and reconciled once, and those that do not left alone', async () => {
  watch.surveyed([state(A, 'device-unreachable'), state(B, 'device-timeout')]);
  await watch.round(0);
  expect([asked, told]).toEqual([[A, B], []]);
  up.add(B);
  await watch.round(5 * SECOND);
  await watch.round(10 * SECOND);
  expect(told).toEqual([`retry ${B}`, `reconcile ${B}`]);
});

it('takes an answer for news again when the device was well in between', async () => {
  up.add(A);
  watch.surveyed([state(A, 'device-unreachable')]);
  await watch.round(0);
  watch.surveyed([state(A)]);
  await watch.round(5 * SECOND);
  watch.surveyed([state(A, 'device-unreachable')]);
  await watch.round(10 * SECOND);
  expect(told).toEqual([`retry ${A}`, `reconcile ${A}`, `retry ${A}`, `reconcile ${A}`]);
});

it('has one reconciled for which nothing waits, when its last reconcile could not reach it', async () => {
  reconciles = [unreconciled(A, 'device-unreachable')];
  up.add(A);
  await watch.round(0);
  expect(told).toEqual([`reconcile ${A}`]);
});

it('probes two hundred that are away in parts, each once a round', async () => {
  const many = Array.from({ length: 200 }, (_, index) => junos(index + 100));
  watch.surveyed(many.map((device) => state(device, 'device-unreachable')));
  await watch.round(0);
  expect(asked.toSorted()).toEqual(many.toSorted());
  expect(mostAtOnce).toBe(32);
});

it('goes on when nobody could be told, and says it again later', async () => {
  up.add(A);
  isTemporalAway = true;
  watch.surveyed([state(A, 'device-unreachable')]);
  await watch.round(0);
  isTemporalAway = false;
  await watch.round(5 * SECOND);
  expect(told).toEqual([]);
  await watch.round(30 * SECOND);
  expect(told).toEqual([`retry ${A}`, `reconcile ${A}`]);
});
