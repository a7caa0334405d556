import { InvalidArgumentError, type Command } from 'commander';
import { existsSync } from 'node:fs';
import { PortwardenError } from '../domain/errors';
import { acceptedFile, acceptLosses } from '../app/installation/record';
import { configurationFor, type CliContext, type CommonOptions } from './context';

/** `portwarden store accept-loss <id…>`. */
export function addStoreCommands(program: Command, context: CliContext): void {
  program
    .command('store')
    .description('the data directory')
    .command('accept-loss')
    .description('let the next start go on without what store-lost or temporal-lost says is gone')
    .argument('<ids...>', 'the ids that the message names', readId)
    .action((ids: readonly string[], _options: unknown, command: Command) => {
      const { directory } = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'client').store;
      if (!existsSync(directory)) {
        throw new PortwardenError(
          'folder-unusable',
          `The folder ${directory} is not there. Make it as the service's user, or start the service once with PORTWARDEN_ACCEPT_LOSS=${ids.join(',')}`,
        );
      }
      acceptLosses(directory, ids);
      context.out(`${acceptedFile(directory)} written: the next start goes on without ${ids.join(' and ')}.\n`);
    });
}

function readId(id: string, before: readonly string[] | undefined): readonly string[] {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new InvalidArgumentError('must be an id as the message names it');
  return [...(before ?? []), id];
}
