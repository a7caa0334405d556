import { alarmSuite } from './alarmSuite';
import { parseServerId } from '../../src/domain/event/event';
import type { StandingEntry, StandingFinding } from '../../src/domain/standing';
import type { DeviceId } from '../../src/domain/values/device';
import { parseIp } from '../../src/domain/values/ip';
import { parsePortName, type PortName } from '../../src/domain/values/port';
import type { RememberedSettings } from '../../src/domain/desired/rememberedSettings';
import { parseVlanId } from '../../src/domain/values/vlan';
import type { Store } from '../../src/store/store';
import { freshDevice } from './freshDevice';

/** What every engine must do for the guards: losses, brakes, settings of ports, standing lists. */
export function guardSuite(open: () => Store): void {
  alarmSuite(open);
  const port = parsePortName('ge-0/0/1.0');

  describe('losses and brakes', () => {
    const limits = { ports: 2, bindings: 3, withinMinutes: 60 };
    const hour = 3_600_000;
    /** Far from what other tests count: brakes are the whole site's. */
    let start = Date.parse('2030-01-01T00:00:00.000Z');
    beforeEach(() => {
      start += 1_000 * hour;
    });
    const losses = (device: DeviceId, ...lasts: number[]) =>
      lasts.map((last) => ({ device, port, ip: parseIp(`10.9.0.${last}`) }));

    it('counts what is taken from all devices, and brakes before it is too much', async () => {
      const { brakes } = open();
      const [one, two] = [freshDevice(), freshDevice()];
      expect(await brakes.admit(losses(one, 1, 2), limits, start)).toEqual({ admitted: true });
      expect(await brakes.admit(losses(two, 1), limits, start + 1)).toEqual({ admitted: true });
      const refused = await brakes.admit(losses(two, 2), limits, start + 2);
      expect(refused).toMatchObject({
        admitted: false,
        isNew: true,
        brake: {
          since: new Date(start + 2).toISOString(),
          reason: expect.stringMatching(/^4 bindings of 2/) as unknown,
        },
      });
      expect(await brakes.admit(losses(one, 3), limits, start + 3)).toMatchObject({ admitted: false, isNew: false });
      expect(await brakes.lostSince(two, start)).toEqual(new Map([[port, [parseIp('10.9.0.1')]]]));
      const current = await brakes.current();
      const released = await brakes.release('alice', 'they were moved', start + 4);
      expect(released).toEqual({
        ...current,
        released: { at: new Date(start + 4).toISOString(), by: 'alice', reason: 'they were moved' },
      });
      expect([await brakes.current(), await brakes.release('bob', 'again', start + 5)]).toEqual([undefined, undefined]);
      expect((await brakes.list(1))[0]).toEqual(released);
      expect(await brakes.admit(losses(two, 2), limits, start + 6)).toEqual({ admitted: true });
    });

    it('counts one loss once, and forgets what is older than its time', async () => {
      const { brakes } = open();
      const device = freshDevice();
      for (let i = 0; i < 6; i += 1)
        expect(await brakes.admit(losses(device, 1, 2, 3), limits, start + i)).toEqual({ admitted: true });
      expect(await brakes.admit(losses(device, 4, 5), limits, start + 2 * hour)).toEqual({ admitted: true });
      expect((await brakes.lostSince(device, start - 1)).get(port)).toHaveLength(5);
      expect((await brakes.lostSince(device, start + hour)).get(port)).toHaveLength(2);
    });

    it('two passes at the same time cannot both stay below the limit', async () => {
      const { brakes } = open();
      const devices = Array.from({ length: 5 }, () => freshDevice());
      const answers = await Promise.all(devices.map((device) => brakes.admit(losses(device, 1), limits, start)));
      expect(answers.filter(({ admitted }) => admitted)).toHaveLength(2);
      await brakes.release('test', 'done', start + 1);
    });
  });

  describe('settings of ports', () => {
    it('gives back under which settings ports were brought to their bindings', async () => {
      const { bindingSettings } = open();
      const device = freshDevice();
      const other = parsePortName('ge-0/0/2.0');
      const settings = (digest: string) => ({
        digest,
        settings: {
          map: [],
          allowlist: [parseVlanId(13)],
          clusters: { pve: { uplinks: {}, nativeVlan: parseVlanId(7) } },
        },
      });
      const third = parsePortName('ge-0/0/3.0');
      const address = parseIp('10.0.48.9');
      const whole = (of: string): RememberedSettings => ({ port: of, addresses: new Map() });
      await bindingSettings.remember(
        device,
        new Map<PortName, RememberedSettings>([
          [port, whole('a')],
          [other, whole('a')],
          [third, { addresses: new Map([[address, 'a']]) }],
        ]),
        settings('a'),
      );
      await bindingSettings.remember(
        device,
        new Map([[other, { port: 'b', addresses: new Map([[address, 'a']]) }]]),
        settings('b'),
      );
      expect(await bindingSettings.of(device, [port, other, third, parsePortName('ae9.0')])).toEqual(
        new Map([
          [port, { remembered: whole('a'), settings: new Map([['a', settings('a').settings]]) }],
          [
            other,
            {
              remembered: { port: 'b', addresses: new Map([[address, 'a']]) },
              settings: new Map(['a', 'b'].map((digest) => [digest, settings(digest).settings])),
            },
          ],
          [
            third,
            {
              remembered: { addresses: new Map([[address, 'a']]) },
              settings: new Map([['a', settings('a').settings]]),
            },
          ],
        ]),
      );
      await bindingSettings.remember(device, new Map([[other, whole('b')]]), settings('b'));
      expect((await bindingSettings.of(device, [other])).get(other)?.remembered).toEqual(whole('b'));
      expect(await bindingSettings.of(freshDevice(), [port])).toEqual(new Map());
    });
  });

  describe('standing lists', () => {
    const finding = (subject: string, more: Partial<StandingFinding> = {}): StandingFinding => ({
      list: 'unbound',
      subject,
      rule: 'no-mac',
      message: `${subject} has no MAC`,
      ...more,
    });

    it('keep the time since when something stands, and forget what is resolved', async () => {
      const { standing } = open();
      const here = { device: freshDevice(), port };
      const isHere = ({ device }: StandingEntry): boolean => device === here.device;
      const of = async (): Promise<readonly StandingEntry[]> => (await standing.list('unbound', 10_000)).filter(isHere);
      await standing.replace(
        here,
        ['unbound', 'unexplained'],
        [
          finding('10.0.0.1', { serverId: parseServerId(7) }),
          finding('10.0.0.2'),
          finding('k', { list: 'unexplained' }),
        ],
      );
      const first = await of();
      expect(await standing.portsWith(here.device, ['unexplained'])).toEqual(new Set([port]));
      expect(first.map(({ subject, serverId }) => [subject, serverId])).toEqual([
        ['10.0.0.1', 7],
        ['10.0.0.2', undefined],
      ]);
      await standing.replace(here, ['unbound'], [finding('10.0.0.2', { rule: 'off-uplink' })]);
      expect(await of()).toEqual([{ ...first[1], rule: 'off-uplink' }]);
      expect((await standing.list('unexplained', 10_000)).filter(({ device }) => device === here.device)).toHaveLength(
        1,
      );
      expect((await standing.about('unbound', ['10.0.0.2', '10.0.0.3'])).filter(isHere)).toEqual(await of());
      expect(await standing.about('unbound', [])).toEqual([]);
      await standing.replace(here, ['unbound', 'unexplained'], []);
      expect(await of()).toEqual([]);
      expect(await standing.portsWith(here.device, ['unbound', 'unexplained'])).toEqual(new Set());
    });

    it('are read page by page, and counted', async () => {
      const { standing } = open();
      const device = freshDevice();
      for (const name of ['ge-0/0/1.0', 'ge-0/0/2.0'])
        await standing.replace(
          { device, port: parsePortName(name) },
          ['unautomated'],
          [finding('guest pve/1', { list: 'unautomated' }), finding('guest pve/2', { list: 'unautomated' })],
        );
      const after = { device, port: '', subject: '' };
      const first = await standing.list('unautomated', 3, after);
      expect(first.map(({ port: on, subject }) => [on, subject])).toEqual([
        ['ge-0/0/1.0', 'guest pve/1'],
        ['ge-0/0/1.0', 'guest pve/2'],
        ['ge-0/0/2.0', 'guest pve/1'],
      ]);
      const next = await standing.list('unautomated', 3, { device, port: 'ge-0/0/2.0', subject: 'guest pve/1' });
      expect(next.filter((entry) => entry.device === device).map(({ subject }) => subject)).toEqual(['guest pve/2']);
      const count = (await standing.counts()).find(({ list }) => list === 'unautomated');
      expect(count?.count).toBeGreaterThanOrEqual(4);
      expect(Date.parse(count?.oldest ?? '')).toBeLessThanOrEqual(Date.now());
    });

    it('have servers of which no port is known', async () => {
      const { standing } = open();
      const subject = `server ${freshDevice()}`;
      await standing.note(finding(subject, { list: 'unautomated' }));
      await standing.note(finding(subject, { list: 'unautomated', rule: 'switch-connection' }));
      const noted = (await standing.list('unautomated', 10_000)).filter((entry) => entry.subject === subject);
      expect(noted.map(({ device, port: on, rule }) => [device, on, rule])).toEqual([
        [undefined, undefined, 'switch-connection'],
      ]);
      await standing.forget('unautomated', subject);
      expect((await standing.list('unautomated', 10_000)).some((entry) => entry.subject === subject)).toBe(false);
    });
  });
}
