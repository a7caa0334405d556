import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { errorEntry } from '../../src/domain/errors';
import { lookFailure, passFailure, reportFailure } from '../../src/workflows/failures';

const failed = (activity: string, cause: Error): ActivityFailure =>
  new ActivityFailure(undefined, activity, '7', 'TIMEOUT', undefined, cause);
const late = (activity: string, type: NonNullable<TimeoutFailure['timeoutType']>): ActivityFailure =>
  failed(activity, new TimeoutFailure('activity timed out', undefined, type));

describe('a pass, whatever its kind calls it', () => {
  const codeOf = (failure: Error): string => reportFailure(passFailure(failure)).code;

  it.each(['commitToSwitch', 'writeGates'])('%s that was cut off may have changed the device', (activity) => {
    for (const type of ['HEARTBEAT', 'START_TO_CLOSE'] as const)
      expect(codeOf(late(activity, type))).toBe('device-unknown-outcome');
    expect(errorEntry('device-unknown-outcome').retryable).toBe(true);
  });

  it.each(['commitToSwitch', 'writeGates'])('%s that no worker took did nothing', (activity) => {
    const report = reportFailure(passFailure(late(activity, 'SCHEDULE_TO_START')));
    expect(report).toMatchObject({ code: 'internal', message: expect.stringContaining(activity) as string });
    expect(report.message).toContain('nothing of it was done');
  });

  it('that failed by itself says what it met, and one that was cancelled is no failure', () => {
    expect(codeOf(failed('writeGates', ApplicationFailure.retryable('busy', 'device-busy')))).toBe('device-busy');
    const cancelled = failed('writeGates', new CancelledFailure('cancelled'));
    expect(passFailure(cancelled)).toBe(cancelled);
    expect(() => reportFailure(passFailure(cancelled))).toThrow(cancelled);
  });
});

it('a quick step that does not answer says so by its name', () => {
  expect(reportFailure(late('fetchServerIps', 'START_TO_CLOSE'))).toMatchObject({
    code: 'internal',
    message: 'fetchServerIps did not answer in time (START_TO_CLOSE).',
  });
});

describe('a look', () => {
  it.each(['HEARTBEAT', 'START_TO_CLOSE', 'SCHEDULE_TO_START', 'SCHEDULE_TO_CLOSE'] as const)(
    'that ended by %s had no answer in time',
    (type) => {
      const report = reportFailure(lookFailure(late('previewChanges', type)));
      expect(report).toMatchObject({ code: 'answer-timeout', message: 'No worker answered within 120 s' });
    },
  );

  it('that failed says what it met', () => {
    const met = failed('explainBindings', ApplicationFailure.nonRetryable('gone', 'device-missing'));
    expect(reportFailure(lookFailure(met)).code).toBe('device-missing');
  });
});
