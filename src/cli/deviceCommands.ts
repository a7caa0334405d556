import { InvalidArgumentError, type Command } from 'commander';
import type { DeviceId } from '../domain/values/device';
import { parsePortName, type PortName } from '../domain/values/port';
import type { CoordinatorState } from '../protocol/coordinator';
import { configurationFor, type CliContext, type CommonOptions } from './context';
import { DEVICE_HELP, readDevice, type DeviceArgument } from './deviceArgument';
import type { OperatedCoordinators } from '../temporal/coordinators';
import { EXIT } from '../domain/exitCode';

/** `portwarden device …` and `portwarden port …`: what an operator says to a device's coordinator. */
export function addDeviceCommands(program: Command, context: CliContext): void {
  const withCoordinators = async (
    command: Command,
    device: DeviceArgument,
    use: (coordinators: OperatedCoordinators, id: DeviceId) => Promise<void>,
  ): Promise<void> => {
    const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'client');
    const id = device(configuration);
    const opened = await context.openCoordinators(configuration);
    try {
      await use(opened.coordinators, id);
    } finally {
      await opened.close();
    }
  };
  const read = readDevice(context);
  const device = program.command('device').description('see and steer what is changed on a device');
  const steer = (
    name: string,
    signal: (coordinators: OperatedCoordinators, id: DeviceId) => Promise<boolean>,
    description: string,
    done: string,
  ): void => {
    device
      .command(name)
      .description(description)
      .argument('<device>', DEVICE_HELP, read)
      .action((named: DeviceArgument, _options: unknown, command: Command) =>
        withCoordinators(command, named, async (coordinators, id) => {
          const runs = await signal(coordinators, id);
          context.out(runs ? `${id}: ${done}\n` : `${id}: nothing waits and nothing is paused\n`);
        }),
      );
  };
  steer(
    'pause',
    (coordinators, id) => coordinators.pause(id).then(() => true),
    'change nothing on the device until it is resumed; events wait',
    'paused; `portwarden device resume` ends that',
  );
  steer('resume', (coordinators, id) => coordinators.resume(id), 'go on after a pause', 'resumed');
  steer(
    'retry',
    (coordinators, id) => coordinators.retryNow(id),
    'try waiting ports now instead of when their back-off ends',
    'waiting ports are tried now',
  );

  device
    .command('status')
    .description('show what waits, what runs and the last outcomes')
    .argument('<device>', DEVICE_HELP, read)
    .option('--json', "print the coordinator's answer as JSON")
    .action((named: DeviceArgument, options: { readonly json?: boolean }, command: Command) =>
      withCoordinators(command, named, async (coordinators, id) => {
        const state = await coordinators.state(id);
        if (options.json === true) return context.out(`${JSON.stringify(state ?? null, undefined, 2)}\n`);
        context.out(state === undefined ? `${id}: nothing waits and nothing is paused\n` : stateText(state));
        if (state?.deviceError !== undefined) context.exit(EXIT.unavailable);
      }),
    );

  const port = program.command('port').description('decide about removals that wait for a person');
  const decide = (name: 'approve' | 'reject', description: string, done: string): void => {
    port
      .command(name)
      .description(description)
      .argument('<device>', DEVICE_HELP, read)
      .argument('<port>', 'the port as the outcome names it, such as ge-0/0/1.0', readPort)
      .action((named: DeviceArgument, portName: PortName, _options: unknown, command: Command) =>
        withCoordinators(command, named, async (coordinators, id) => {
          await coordinators[name](id, portName);
          context.out(`${id} ${portName}: ${done}\n`);
        }),
      );
  };
  decide(
    'approve',
    'let the parked removals go ahead, if they are still the same',
    'approved; `portwarden device status` shows the outcome',
  );
  decide('reject', 'drop the parked removals', 'rejected');
}

function readPort(text: string): PortName {
  try {
    return parsePortName(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : 'is invalid');
  }
}

function stateText(state: CoordinatorState): string {
  const { running, deviceError, pending, lastOutcomes } = state;
  return [
    `${state.device}: ${state.paused ? 'paused' : running === undefined ? 'waiting' : 'running'}, ${state.batches} batches so far`,
    ...(deviceError === undefined
      ? []
      : [`  ${deviceError.code}: ${deviceError.message}`, `  what to do: ${deviceError.remedy}`]),
    ...(running === undefined ? [] : [`  batch ${running.batch}: ${running.step}: ${running.ports.join(', ')}`]),
    ...pending.map((entry) => {
      const until = entry.waitingUntil === undefined ? 'its turn' : `the next try at ${entry.waitingUntil}`;
      const why = entry.reason === undefined ? '' : `, because ${entry.reason}`;
      return `  ${entry.port} waits since ${entry.since} for ${until} (${entry.attempts} tries, ${entry.waiters} events)${why}`;
    }),
    ...lastOutcomes.map((last) => `  ${last.port} was ${last.status} at ${last.at}: ${last.summary}`),
    '',
  ].join('\n');
}
