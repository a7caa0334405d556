import type { Command } from 'commander';
import type { Configuration } from '../config';
import type { DeviceId } from '../domain/values/device';
import type { CoordinatorState } from '../protocol/coordinator';
import { apiOption, jsonOption } from './apiOptions';
import { authorOption, expiresOption, reasonOption } from './decisionOptions';
import { pauseScope, resumeScope, type PauseOptions } from './pauseCommands';
import { configurationFor, type CliContext, type CommonOptions } from './context';
import { DEVICE_HELP, readDevice, type DeviceArgument } from './deviceArgument';
import type { OperatedCoordinators } from '../temporal/coordinators';
import { EXIT } from '../domain/exitCode';

/** `portwarden device …`: what an operator says to a device's coordinator. */
export function addDeviceCommands(program: Command, context: CliContext): void {
  const withCoordinators = async (
    command: Command,
    device: DeviceArgument,
    use: (coordinators: OperatedCoordinators, id: DeviceId, configuration: Configuration) => Promise<void>,
  ): Promise<void> => {
    const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'client');
    const id = device(configuration);
    const opened = await context.openCoordinators(configuration);
    try {
      await use(opened.coordinators, id, configuration);
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
          context.out(runs ? `${id}: ${done}\n` : `${id}: nothing waits\n`);
        }),
      );
  };
  const pausing = (name: 'pause' | 'resume', description: string, say: typeof pauseScope): Command =>
    device
      .command(name)
      .description(description)
      .argument('<device>', DEVICE_HELP, read)
      .addOption(reasonOption().makeOptionMandatory())
      .addOption(authorOption())
      .addOption(apiOption())
      .addOption(jsonOption())
      .action(async (named: DeviceArgument, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<PauseOptions>();
        await say(context, options, { kind: 'device', device: named(configurationFor(context, options, 'client')) });
      });
  pausing('pause', 'as `portwarden pause --device`', pauseScope).addOption(expiresOption());
  pausing('resume', 'as `portwarden resume --device`', resumeScope);
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
        context.out(state === undefined ? `${id}: nothing waits\n` : stateText(state));
        if (state?.deviceError !== undefined) context.exit(EXIT.unavailable);
      }),
    );
}

function stateText(state: CoordinatorState): string {
  const { running, deviceError, deferrals, pending, lastOutcomes } = state;
  return [
    `${state.device}: ${headline(state)}, ${state.batches} batches so far`,
    ...(deviceError === undefined
      ? []
      : [`  ${deviceError.code}: ${deviceError.message}`, `  what to do: ${deviceError.remedy}`]),
    ...deferrals.map(
      ({ ports, except, reason, until }) =>
        `  ${ports === undefined ? 'nothing is changed' : `nothing is changed on ${ports.join(', ')}`}${except === undefined ? '' : ` but for ${except.join(', ')}`} ${until === undefined ? 'until a person ends it' : `until ${until}`}: ${reason}`,
    ),
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

function headline({ running, deferrals }: CoordinatorState): string {
  if (running !== undefined) return 'running';
  return deferrals.some(({ ports }) => ports === undefined) ? 'paused' : 'waiting';
}
