import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT } from '../domain/exitCode';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { brakeText, parkedText } from './guardText';

interface ReleaseOptions extends ApiOptions {
  readonly reason: string;
  readonly by?: string;
  readonly approve?: boolean;
}

/** `portwarden parked` and `portwarden brake`: what guards hold, and the brake of the site. Clients of the public API. */
export function addGuardCommands(program: Command, context: CliContext): void {
  program
    .command('parked')
    .description('list the changes that wait for a person, with the guards that hold them')
    .argument('[device]', 'a device such as junos:3 (default: all)')
    .option(
      '--guard <guard>',
      'what this guard holds only, such as policy-restore: what the end of a policy left to a person',
    )
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (device: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions & { readonly guard?: string }>();
      const changes = await apiFor(context, options).parked(device, options.guard);
      context.out(options.json === true ? asJson(changes) : parkedText(changes));
    });

  const brake = program.command('brake').description('see and release the brake of the site');
  brake
    .command('status', { isDefault: true })
    .description('say whether the site brakes, since when and why')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = await apiFor(context, options).brake();
      context.out(options.json === true ? asJson(answer) : brakeText(answer));
      if (answer.on !== null) context.exit(EXIT.failed);
    });
  brake
    .command('release')
    .description('end the brake; what it held is looked at again')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who releases it (default: your user name)')
    .option('--approve', 'also let everything go that waits for the brake alone')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ReleaseOptions>();
      const answer = await apiFor(context, options).releaseBrake({
        reason: options.reason,
        by: options.by ?? userInfo().username,
        approve: options.approve === true,
      });
      if (options.json === true) return context.out(asJson(answer));
      const then = options.approve === true ? 'approved or looked at again' : 'looked at again';
      context.out(
        answer.released === null ? 'No brake is on\n' : `The brake is released; ${answer.ports} port(s) are ${then}\n`,
      );
    });
}
