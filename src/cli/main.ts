#!/usr/bin/env node
import { configuredSwitchDevice, requireDriver } from '../app/deviceKinds';
import { runCli } from './program';

runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  requireDriver,
  panelSwitchDevice: configuredSwitchDevice,
  openCoordinators: async ({ temporal }) => {
    const [{ connectCommand }, { Coordinators }] = await Promise.all([
      import('../temporal/client.js'),
      import('../temporal/coordinators.js'),
    ]);
    const connection = await connectCommand(temporal);
    return { coordinators: new Coordinators(connection.client, temporal.taskQueue), close: () => connection.close() };
  },
  inspectCluster: async (configuration, name) =>
    (await import('../app/inspectCluster.js')).inspectConfiguredCluster(configuration, name),
  inspectCloud: async (configuration, name) =>
    (await import('../app/inspectCloud.js')).inspectConfiguredCloud(configuration, name),
  inspectDevice: async (configuration, device) =>
    (await import('../app/inspectDevice.js')).inspectConfiguredDevice(configuration, device),
  inspectUplinks: async (configuration) =>
    (await import('../app/inspectUplinks.js')).inspectConfiguredUplinks(configuration),
}).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
