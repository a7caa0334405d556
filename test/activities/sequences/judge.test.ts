import type { ActivityDependencies } from '../../../src/activities/dependencies';
import type { PassInput, PassResult } from '../../../src/protocol/activities';
import { plainOutcome } from '../../../src/domain/change/outcome';
import type { Happening } from './anyHappening';
import { Happenings } from './happenings';
import { fakeDate, play, step } from './play';
import { LIMITS } from './losses';
import { Site } from './site';
import { PLUGS, refOf } from './truth';

/** The judge of the sequences, shown defects one by one: a judge that cannot see proves nothing. */

fakeDate();

/** The product's dependencies with something else in place of one of them. */
function planted(change: (deps: ActivityDependencies) => Partial<ActivityDependencies>): Site {
  return new Site((deps) => ({ ...deps, ...change(deps) }));
}

const GONE = [
  step('assign', 0, 0),
  step('assign', 0, 0),
  step('assign', 0, 0),
  { ...step('removeAll', 0, 1), told: false },
  step('look', 0, 0),
];

it.each<readonly [string, string, Parameters<typeof planted>[0], readonly Happening[]]>([
  [
    'a port without guards',
    'were gone by absence',
    () => ({ guards: { maxRemovedBindings: 100, maxRemovedShare: 1 } }),
    GONE,
  ],
  [
    'a site without a brake',
    'within the time of the brake',
    () => ({ guards: LIMITS }),
    [...[0, 1, 3, 4].map((server) => ({ ...step('remove', server, 1), told: false })), step('look', 0, 0)],
  ],
  [
    'a guest that is cut off at once where it left',
    'its guest left',
    () => ({ moveGraceMs: 0 }),
    [step('migrate', 0, 2), step('look', 0, 0)],
  ],
  [
    'a port whose former settings are forgotten',
    'an earlier configuration asked for it',
    (deps) => ({
      store: Object.assign(Object.create(deps.store) as ActivityDependencies['store'], {
        bindingSettings: { ...deps.store.bindingSettings, of: () => Promise.resolve(new Map()) },
      }),
    }),
    [step('configure', 2, 0)],
  ],
  [
    'a keep that is not read',
    'a person keeps it',
    (deps) => ({
      store: Object.assign(Object.create(deps.store) as ActivityDependencies['store'], {
        keeps: { ...deps.store.keeps, inForce: () => Promise.resolve([]) },
      }),
    }),
    [step('byHand', 0, 0), step('keep', 0, 3), step('nameKept', 0, 0)],
  ],
  [
    'an address that another server has',
    'another server has it',
    (deps) => ({
      panel: Object.assign(Object.create(deps.panel) as ActivityDependencies['panel'], {
        addressHolders: () => Promise.resolve({ holders: new Map(), unread: [] }),
      }),
    }),
    [{ ...step('moveAddress', 0, 1), told: false }, step('look', 0, 0)],
  ],
])('the judge sees %s', async (_name, problem, change, happenings) => {
  const fine = await play(happenings);
  expect(fine.judge.problems).toEqual([]);
  const { judge } = await play(happenings, planted(change));
  expect(judge.problems.join('\n')).toContain(problem);
});

it('the judge sees an addition that waits, and one that never comes', async () => {
  const site = new Site();
  await new Happenings(site).begin();
  const [plug] = PLUGS;
  const [server] = [...site.database.values()];
  if (server === undefined) throw new Error('there is no server');
  site.put({ ...server, ips: [...server.ips, '10.0.13.77'] });
  const { device, port } = refOf(plug);
  const input = { device, ports: [{ port }] } as unknown as PassInput;
  site.judge.began(input);
  site.judge.ended(input, { outcomes: [plainOutcome(device, port, 'parked', 'it waits')] } as unknown as PassResult);
  site.judge.final();
  expect(site.judge.problems).toEqual([
    expect.stringMatching(/^10\.0\.13\.77 .* was to be added to junos:1 ge-0\/0\/1\.0 and was not$/),
    expect.stringMatching(/^10\.0\.13\.77 .* never came to junos:1 ge-0\/0\/1\.0$/),
  ]);
});

it('the judge sees a removal that no event, person or source asked for, and a replacement by what nobody asks for', async () => {
  const site = new Site();
  await new Happenings(site).begin();
  const [plug] = PLUGS;
  const present = site.present(plug);
  const [first, ...rest] = present;
  if (first === undefined) throw new Error('the port is empty');
  site.judge.committed(plug, present, rest);
  site.judge.committed(plug, [{ ...first, key: 'other' }], [{ ...first, key: 'another' }]);
  expect(site.judge.problems).toEqual([
    expect.stringContaining('it is asked for'),
    expect.stringContaining('which nobody asks for'),
  ]);
});
