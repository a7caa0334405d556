import type { Command } from 'commander';
import { EXIT } from '../domain/exitCode';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import type { WatchAnswer } from './watchAnswer';

const SHOWN_CHANGES = 10;

/** `portwarden watch status`: a client of the public API. */
export function addWatchCommands(program: Command, context: CliContext): void {
  program
    .command('watch')
    .description('see how the hypervisors are watched')
    .command('status', { isDefault: true })
    .description('for each cluster: when it was looked at last, what changed, what is in the way')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = await apiFor(context, options).watch();
      context.out(options.json === true ? asJson(answer) : watchText(answer));
      if (answer.clusters.some(({ error }) => error !== undefined)) context.exit(EXIT.unavailable);
    });
}

function watchText({ clusters }: WatchAnswer): string {
  if (clusters.length === 0)
    return 'No cluster was looked at yet (proxmox.watch.intervalSeconds says how often that is).\n';
  return clusters
    .map(({ cluster, lookedAt, guests, changes, doubt, error }) =>
      [
        `${cluster}: ${lookedAt === undefined ? 'never seen' : `${guests} guests, looked at ${lookedAt}`}`,
        ...(error === undefined ? [] : [`  cannot be looked at since ${error.since}: ${error.code}: ${error.message}`]),
        ...(doubt === undefined ? [] : [`  ${doubt}`]),
        ...changes.slice(0, SHOWN_CHANGES).map(({ at, message }) => `  ${at} ${message}`),
        '',
      ].join('\n'),
    )
    .join('');
}
