import { Argument, type Command } from 'commander';
import { STANDING_LISTS, type StandingList } from '../domain/standing';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { countsText, standingText } from './guardText';

/** `portwarden coverage [list]`: what is not as it should be, and since when. A client of the public API. */
export function addCoverageCommand(program: Command, context: CliContext): void {
  program
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
}
