import { InvalidArgumentError, type Command } from 'commander';
import { configurationFor, type CliContext, type CommonOptions } from './context';
import { EXIT } from '../domain/exitCode';

/** `portwarden doctor switch <id>`. */
export function addDoctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('look at what portwarden depends on; changes nothing')
    .command('switch')
    .description(
      'connect to a switch: host key, algorithms, dialect, rights, knobs, bindings, and what would be managed',
    )
    .argument('<id>', "the panel's number of the switch", readSwitchId)
    .action(async (switchId: number, _options: unknown, command: Command) => {
      const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'doctor');
      const { text, healthy } = await context.inspectSwitch(configuration, switchId);
      context.out(text);
      if (!healthy) context.exit(EXIT.failed);
    });
}

function readSwitchId(text: string): number {
  const digits = text.replace(/^junos:/, '');
  if (!/^[1-9]\d{0,9}$/.test(digits)) throw new InvalidArgumentError("must be the panel's number of the switch");
  return Number(digits);
}
