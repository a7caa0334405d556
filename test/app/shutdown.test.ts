import { behaviourOf } from '../../src/devices/junos/configuration';
import { switchesSchema } from '../../src/devices/junos/configurationSchema';
import { shutdownTimes } from '../../src/app/shutdown';

const defaults = behaviourOf(switchesSchema.parse({}).defaults);
const times = (commit: number, ...overrides: number[]): ReturnType<typeof shutdownTimes> => {
  const behaviour = (ms: number) => ({ ...defaults, timeouts: { ...defaults.timeouts, commit: ms } });
  return shutdownTimes({
    switches: {
      defaults: behaviour(commit),
      settings: new Map(overrides.map((ms, index) => [index, { ...behaviour(ms), switchId: index, hostKeys: [] }])),
    },
  });
};

test('a shutdown lets the slowest switch finish its commit, and has a minute besides', () => {
  expect(times(300_000)).toEqual({ commit: 300_000, other: 20_000, process: 360_000 });
  expect(times(60_000, 900_000, 30_000)).toEqual({ commit: 900_000, other: 20_000, process: 960_000 });
});

test('work that is not in a commit never has more time than a commit', () => {
  expect(times(5_000)).toEqual({ commit: 5_000, other: 5_000, process: 65_000 });
});
