import type { CoordinatorSettings } from '../../../src/protocol/coordinator';

const SETTINGS: CoordinatorSettings = {
  batchPorts: 10,
  batchBindings: 100,
  initialBackoffMs: 1_000,
  maximumBackoffMs: 8_000,
  giveUpAfterMs: 60_000,
  guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 },
  idleExitMs: 60_000,
  historyLimit: 2_000,
  passActivity: 'commitToSwitch',
};

/** The settings of a worker in tests. */
export function settingsWith(own: Partial<CoordinatorSettings> = {}): CoordinatorSettings {
  return { ...SETTINGS, ...own };
}
