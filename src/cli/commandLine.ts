import { configuredPort, configuredSwitchDevice, requireDriver } from '../app/deviceKinds';
import type { CliContext } from './context';
import { runCli } from './program';

/** Where a command reads and writes. */
export type CommandSurroundings = Pick<CliContext, 'env' | 'cwd' | 'out' | 'err' | 'isTerminal' | 'ask'>;

/** Runs one command line (without `node` and the script) of the product. @returns the exit code. */
export function runCommandLine(args: readonly string[], surroundings: CommandSurroundings): Promise<number> {
  return runCli(args, {
    ...surroundings,
    requireDriver,
    panelSwitchDevice: configuredSwitchDevice,
    portOnDevice: configuredPort,
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
  });
}
