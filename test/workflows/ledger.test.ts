import fc from 'fast-check';
import type { RunStatus, SettledPort } from '../../src/domain/applyAll/plan';
import { NOTHING_DONE } from '../../src/domain/applyAll/progress';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName, type PortName } from '../../src/domain/values/port';
import { RunLedger } from '../../src/workflows/applyAll/ledger';

const device = deviceId('junos', 1);
const port = (n: number): PortName => parsePortName(`ge-0/0/${n}.0`);
const outcome = (n: number, status: RunStatus = 'applied', code?: string): SettledPort => ({
  ...{ device, port: port(n), outcome: status, said: '' },
  ...(code === undefined ? {} : { code }),
});
const told = (...outcomes: SettledPort[]) => ({ outcomes, waiting: [] });

/** One thing that may happen to a run, on one device. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const), ports: fc.uniqueArray(fc.nat(5)) }),
  fc.record({ kind: fc.constant('hear' as const), ports: fc.array(fc.nat(7)) }),
  fc.record({ kind: fc.constant('record' as const), ports: fc.constant([]) }),
);

test('each port counts once, whatever comes twice, late or before the answer', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const ledger = new RunLedger(NOTHING_DONE);
      /** What the store knows, so that it is not asked for again. */
      const stored = new Set<PortName>();
      const counted = new Set<PortName>();
      for (const { kind, ports } of happenings) {
        if (kind === 'ask') {
          ledger.asking(device);
          const known = ledger.settledOf(device);
          for (const one of known) stored.add(one.port);
          ledger.recorded(device, known);
          ledger.asked(
            device,
            ports.map(port).filter((one) => !stored.has(one)),
          );
        } else if (kind === 'hear') ledger.hear(told(...ports.map((n) => outcome(n))));
        else {
          const known = ledger.settledOf(device);
          for (const one of known) stored.add(one.port);
          ledger.recorded(device, known);
        }
        for (const one of [...stored, ...ledger.settledOf(device).map((settled) => settled.port)]) counted.add(one);
        expect(ledger.doneCount).toBe(counted.size);
      }
    }),
  );
});

test('an outcome that comes before the answer belongs to it; one of a device that is not worked on is nobody’s', () => {
  const ledger = new RunLedger(NOTHING_DONE);
  ledger.hear(told(outcome(1)));
  ledger.asking(device);
  ledger.hear(told(outcome(2, 'parked')));
  ledger.asked(device, [port(1), port(2)]);
  expect([ledger.doneCount, ledger.counts.parked, ledger.isAnswered(device)]).toEqual([1, 1, false]);
});

test('a port that was left alone because the run was stopped is open for the next time, and counts for nothing', () => {
  const ledger = new RunLedger(NOTHING_DONE);
  ledger.asked(device, [port(1)]);
  ledger.hear(told(outcome(1, 'failed', 'apply-all-stopped')));
  expect([ledger.doneCount, ledger.isAnswered(device), ledger.unrecorded()]).toEqual([0, true, []]);
});

test('a device waits when all that it was asked for does, and says why', () => {
  const ledger = new RunLedger(NOTHING_DONE);
  ledger.asked(device, [port(1), port(2)]);
  const waits = (n: number) => ({ outcomes: [], waiting: [{ device, port: port(n), message: 'paused' }] });
  ledger.hear(waits(1));
  expect(ledger.isWaiting(device)).toBe(false);
  ledger.hear(waits(2));
  expect([ledger.isWaiting(device), ledger.open(3)]).toEqual([true, { inFlight: 2, waiting: 2, reasons: ['paused'] }]);
  ledger.hear(told(outcome(1), outcome(2)));
  expect([ledger.isWaiting(device), ledger.unrecorded()]).toEqual([false, [outcome(1), outcome(2)]]);
});
