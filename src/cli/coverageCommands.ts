import { Argument, type Command } from 'commander';
import { STANDING_LISTS, type StandingList } from '../domain/standing';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { countsText, standingText } from './guardText';
import { coverageText } from './lookText';

/**
 * `portwarden coverage [list]`: what is not as it should be, and since when. `portwarden coverage port`: what a port's device
 * enforces there, and what not. Clients of the public API.
 */
export function addCoverageCommand(program: Command, context: CliContext): void {
  const coverage = program
    .command('coverage')
    .description('list addresses that are not bound, bindings that nobody explains, and servers that are not automated')
    .addArgument(new Argument('[list]', 'one of the lists (default: how long each is)').choices([...STANDING_LISTS]))
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (list: StandingList | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const client = apiFor(context, options);
      if (list === undefined) {
        const counts = await client.coverage();
        return context.out(options.json === true ? asJson(counts) : countsText(counts));
      }
      const entries = await client.standing(list);
      context.out(options.json === true ? asJson(entries) : standingText(entries));
    });

  coverage
    .command('port')
    .description('say what the device of a port enforces there as it is set now, and what not')
    .argument('<device>', 'a device such as junos:3')
    .argument('<port>', "the device's port, such as ge-0/0/1.0")
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (device: string, port: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = await apiFor(context, options).portCoverage({ device, port });
      context.out(options.json === true ? asJson(answer) : coverageText(answer));
    });
}
