import type { DeviceId } from '../../src/domain/values/device';
import { parseScope } from '../../src/domain/values/scope';
import type { Store } from '../../src/store/store';

/** What every engine must do for pauses. */
export function pauseSuite(open: () => Store, freshDevice: () => DeviceId): void {
  const at = (seconds: number): Date => new Date(Date.parse('2031-01-01T00:00:00.000Z') + seconds * 1_000);
  const said = { reason: 'new line card\u0000', author: 'alice' };

  it('are in force until they are ended, and kept then with who ended them and why', async () => {
    const { pauses } = open();
    const [one, two] = [freshDevice(), freshDevice()];
    const mine = async (now: Date) =>
      (await pauses.active(now)).filter(({ scope }) => 'device' in scope && [one, two].includes(scope.device));
    const device = await pauses.begin({ scope: parseScope({ device: one }), ...said }, at(0));
    const port = await pauses.begin(
      { scope: parseScope({ device: two, port: 'ae0.0' }), ...said, expiresAt: at(60).toISOString() },
      at(1),
    );
    expect(device).toEqual({
      id: expect.stringMatching(/^\d+$/) as unknown,
      scope: { kind: 'device', device: one },
      reason: 'new line card\ufffd',
      author: 'alice',
      since: at(0).toISOString(),
    });
    expect(await mine(at(59))).toEqual([device, port]);
    expect(await mine(at(60))).toEqual([device]);
    expect(await pauses.end(parseScope({ device: two }), { by: 'bob', reason: 'done' }, at(2))).toBeUndefined();
    const ended = await pauses.end(device.scope, { by: 'bob', reason: 'done' }, at(3));
    expect(ended).toEqual({ ...device, ended: { at: at(3).toISOString(), by: 'bob', reason: 'done' } });
    expect(await pauses.end(device.scope, { by: 'bob', reason: 'done' }, at(4))).toBeUndefined();
    expect(await mine(at(5))).toEqual([port]);
    const [first, second] = await Promise.all([pauses.takeExpired(at(61)), pauses.takeExpired(at(61))]);
    const taken = [...first, ...second].filter(({ id }) => id === port.id);
    expect(taken).toEqual([
      { ...port, ended: { at: at(61).toISOString(), by: 'portwarden', reason: 'its time is over' } },
    ]);
    expect((await pauses.ended(500)).filter(({ id }) => [device.id, port.id].includes(id))).toEqual([taken[0], ended]);
  });

  it('are in the journal, begun and ended, with who said so and why; those of more than one device too', async () => {
    const { pauses, journal } = open();
    const device = freshDevice();
    const site = parseScope({ site: `all-of-${device.replace(':', '-')}` });
    const port = parseScope({ device, port: 'ge-0/0/1.0' });
    await pauses.begin({ scope: port, ...said }, at(200));
    await pauses.begin({ scope: port, reason: 'longer', author: 'bob', expiresAt: at(230).toISOString() }, at(201));
    await pauses.begin({ scope: parseScope({ device }), ...said }, at(202));
    await pauses.end(parseScope({ device }), { by: 'carol', reason: 'done' }, at(203));
    await pauses.takeExpired(at(230));
    const shown = (await journal.list({ device, limit: 20 })).toReversed();
    expect(
      shown.map(({ port: name, author, reason, summary }) => [name, author, reason, summary.split(',')[0]]),
    ).toEqual([
      [
        'ge-0/0/1.0',
        'alice',
        'new line card\ufffd',
        `alice paused port ${device} ge-0/0/1.0 at ${at(200).toISOString()}`,
      ],
      ['ge-0/0/1.0', 'bob', 'paused anew: longer', `bob resumed port ${device} ge-0/0/1.0`],
      ['ge-0/0/1.0', 'bob', 'longer', `bob paused port ${device} ge-0/0/1.0 at ${at(201).toISOString()}`],
      [undefined, 'alice', 'new line card\ufffd', `alice paused device ${device} at ${at(202).toISOString()}`],
      [undefined, 'carol', 'done', `carol resumed device ${device}`],
      ['ge-0/0/1.0', 'portwarden', 'its time is over', `portwarden resumed port ${device} ge-0/0/1.0`],
    ]);
    await pauses.begin({ scope: site, ...said }, at(240));
    await pauses.end(site, { by: 'dave', reason: `of ${device}` }, at(241));
    const [ended] = await journal.list({ workflowId: 'pause', author: 'dave', limit: 1 });
    expect(ended).toMatchObject({ summary: expect.stringContaining('dave resumed site all-of-') as unknown });
    expect(ended).not.toHaveProperty('device');
    expect(ended).not.toHaveProperty('port');
  });

  it('a scope has one at a time: a new one ends the earlier one; a site keeps the devices that it had', async () => {
    const { pauses } = open();
    const device = freshDevice();
    const scope = parseScope({ site: `site-${device.replace(':', '-')}` });
    await pauses.begin({ scope, devices: [device], ...said }, at(100));
    const again = await pauses.begin({ scope, devices: [device], reason: 'longer', author: 'bob' }, at(101));
    const of = <T extends { readonly devices?: readonly DeviceId[] }>(all: readonly T[]): readonly T[] =>
      all.filter(({ devices }) => devices?.includes(device));
    expect(of(await pauses.active(at(102)))).toEqual([again]);
    expect(of(await pauses.ended(500))).toMatchObject([{ ended: { by: 'bob', reason: 'paused anew: longer' } }]);
    await pauses.end(scope, { by: 'bob', reason: 'done' }, at(103));
  });
}
