import type { DropSample } from '../../src/domain/dropEvidence';
import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { Store } from '../../src/store/store';

/** What every engine must do for what devices refused. */
export function dropEvidenceSuite(open: () => Store, freshDevice: () => DeviceId): void {
  const AT = '2031-01-01T00:00:00.000Z';
  const sample = (name: string, counter: number, extra: Partial<DropSample> = {}): DropSample => ({
    ...{ port: parsePortName(name), counter, baseline: 1, basis: 'first' as const, since: AT, sampledAt: AT },
    ...extra,
  });

  it('each device has the counters of its last reading, and the reason when it said nothing', async () => {
    const { dropEvidence } = open();
    const [one, two] = [freshDevice(), freshDevice()];
    const big = sample('ge-0/0/1.0', 2 ** 52, { changedAt: AT, commit: 'portwarden x\u0000', basis: 'change' });
    await dropEvidence.record(one, [big, sample('ge-0/0/2.0', 3)], new Date(AT));
    await dropEvidence.record(two, [sample('ge-0/0/1.0', 4)], new Date(AT));
    expect(await dropEvidence.samples(one, [big.port])).toEqual([{ ...big, commit: 'portwarden x\ufffd' }]);
    expect(await dropEvidence.samples(one, [])).toEqual([]);
    await dropEvidence.failed(one, 'syntax\u0000 error', new Date(AT));
    expect(await dropEvidence.unavailable(one)).toBe('syntax\ufffd error');
    expect(await dropEvidence.samples(one)).toHaveLength(2);
    await dropEvidence.record(one, [sample('ge-0/0/2.0', 9)], new Date(AT));
    expect(await dropEvidence.samples(one)).toEqual([sample('ge-0/0/2.0', 9)]);
    expect(await dropEvidence.unavailable(one)).toBeUndefined();
    expect(await dropEvidence.unavailable(freshDevice())).toBeUndefined();
    const totals = new Map((await dropEvidence.totals()).map(({ device, refused }) => [device, refused]));
    expect([totals.get(one), totals.get(two)]).toEqual([9, 4]);
    await dropEvidence.record(one, [], new Date(AT));
    expect(await dropEvidence.samples(one)).toEqual([]);
  });
}
