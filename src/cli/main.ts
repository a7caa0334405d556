#!/usr/bin/env node
import { runCli } from './program';

runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  openGate: async (configuration) => (await import('./coordinatorGate.js')).openCoordinatorGate(configuration),
  inspectSwitch: async (configuration, switchId) =>
    (await import('./inspectSwitch.js')).inspectConfiguredSwitch(configuration, switchId),
}).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
