#!/usr/bin/env node
import { coordinatorSettings } from '../app/clientOptions';
import { runCli } from './program';

runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  openGate: async (configuration) =>
    (await import('../temporal/coordinatorGate.js')).openCoordinatorGate(
      configuration.temporal,
      coordinatorSettings(configuration),
    ),
  inspectSwitch: async (configuration, switchId) =>
    (await import('../app/inspectSwitch.js')).inspectConfiguredSwitch(configuration, switchId),
}).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
