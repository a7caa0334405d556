import type { Exclusion } from '../../../src/domain/change/outcome';
import { standingOfPort } from '../../../src/domain/change/standingOfPort';
import { errorReport } from '../../../src/domain/errors';
import { ip, mac, server, statement, vlan } from '../../activities/fakes/values';

const leftOut = (address: string, rule: Exclusion['rule']): Exclusion => ({
  ip: ip(address),
  rule,
  message: `${address}: ${rule}`,
});
const desired = [{ ip: ip('10.0.0.9'), mac: mac('00:50:56:00:00:01'), vlan: vlan(13) }];

it('lists what should be bound and is not, once each, and what nobody explains', () => {
  const found = standingOfPort({
    outcome: {
      status: 'unchanged',
      excluded: [
        { ...leftOut('10.0.0.1', 'no-mac'), serverId: server(7) },
        leftOut('10.0.0.1', 'duplicate-address'),
        leftOut('10.0.0.2', 'guest-unread'),
        leftOut('10.0.0.3', 'gateway-address'),
      ],
    },
    desired,
    present: [statement('10.0.0.2'), statement('10.0.0.8')],
    unexplained: [statement('10.0.0.8')],
  });
  expect(found.map(({ list, subject, rule, serverId }) => [list, subject, rule, serverId])).toEqual([
    ['unbound', '10.0.0.1', 'no-mac', 7],
    ['unexplained', statement('10.0.0.8').key, 'unexplained', undefined],
  ]);
});

it('a port that failed leaves what it should have unbound, by its error', () => {
  const error = errorReport('device-rejected', 'no such VLAN');
  const outcome = { status: 'failed' as const, excluded: [], error };
  expect(standingOfPort({ outcome, desired, present: [], unexplained: [] })).toEqual([
    { list: 'unbound', subject: '10.0.0.9', rule: 'device-rejected', message: error.message },
  ]);
  expect(standingOfPort({ outcome, desired, present: [statement('10.0.0.9')], unexplained: [] })).toEqual([]);
});
