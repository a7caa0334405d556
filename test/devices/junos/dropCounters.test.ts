import { parseArpStatistics, readDropCounters } from '../../../src/devices/junos/dropCounters';

/** Juniper's sample of the Junos 9.3 command reference, with counters. */
const SAMPLE = [
  'Interface     Packets received     ARP inspection pass  ARP inspection failed',
  '---------     -----------------    -------------------  ---------------------',
  '  ge-0/0/0                    7                      5                      2',
  '  ge-0/0/1.0                  0                      0                      0',
  '  ae0                        50                     13                     37',
  '  ge-0/0/0                    1                      0                      1',
  'something else',
  '',
].join('\n');

it('reads the table: interfaces as logical ones, those of several members added up, other lines left out', () => {
  expect(parseArpStatistics(SAMPLE, 0)).toEqual([
    { port: 'ge-0/0/0.0', refused: 3 },
    { port: 'ge-0/0/1.0', refused: 0 },
    { port: 'ae0.0', refused: 37 },
  ]);
});

it('takes what is no such table, a number that is none, and endless tables for what they are', () => {
  expect(parseArpStatistics('syntax error', 0)).toBeUndefined();
  expect(parseArpStatistics('Interface ARP inspection failed\n ge-0/0/1 1 1 99999999999999999999\n', 0)).toEqual([]);
  const rows = Array.from({ length: 3_000 }, (_, index) => ` ge-${index}/0/1 1 1 1`).join('\n');
  expect(parseArpStatistics(`ARP inspection failed\n${rows}`, 0)).toHaveLength(2_000);
});

it('asks with the command of the older releases, then with that of the newer ones, and says why neither is answered', async () => {
  const asked: string[] = [];
  const answers = (known: string) => async (text: string) => {
    asked.push(text);
    return text === known ? { output: SAMPLE } : { refused: 'syntax error' };
  };
  const els = 'show dhcp-security arp inspection statistics';
  expect(await readDropCounters({ command: answers(els) }, 0)).toMatchObject({ counters: [{}, {}, {}] });
  expect(asked).toEqual(['show arp inspection statistics', els]);
  expect(await readDropCounters({ command: answers('none') }, 0)).toEqual({
    unavailable: `the switch does not answer "${els}": syntax error`,
  });
  expect(await readDropCounters({ command: async () => ({ output: 'hello' }) }, 0)).toEqual({
    unavailable: `the answer to "${els}" is not known`,
  });
  expect(await readDropCounters({ command: undefined }, 0)).toEqual({ unavailable: 'not available on this platform' });
});
