#!/usr/bin/env node
import { requireDriver } from '../app/deviceKinds';
import { runCli } from './program';

runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  requireDriver,
  openCoordinators: async ({ temporal }) => {
    const [{ connectCommand }, { Coordinators }] = await Promise.all([
      import('../temporal/client.js'),
      import('../temporal/coordinators.js'),
    ]);
    const connection = await connectCommand(temporal);
    return { coordinators: new Coordinators(connection.client, temporal.taskQueue), close: () => connection.close() };
  },
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
