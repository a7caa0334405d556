import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Role } from '../config';
import { renderConfigurationDocs } from '../config/docs';
import { recollect } from '../app/installation/recollect';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { configurationPreviewText, proposedOf } from './configPreview';
import { apiFor, configurationFor, type CliContext, type CommonOptions } from './context';

/** What a service is started as; only services work in the data directory. */
const SERVICES: readonly Role[] = ['all', 'api', 'worker'];

/** `portwarden config check|preview|docs`. */
export function addConfigCommands(program: Command, context: CliContext): void {
  const config = program.command('config').description('check the configuration, or write its documentation');

  config
    .command('check')
    .description(
      'check portwarden.yaml, the environment, and the folders that the service would work in; lists every problem',
    )
    .addOption(
      new Option('--role <role>', 'what the process will be started as')
        .choices(['all', 'api', 'worker', 'doctor', 'client'])
        .default('all'),
    )
    .action((options: { readonly role: Role }, command: Command) => {
      const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), options.role);
      if (SERVICES.includes(options.role)) recollect(configuration);
      const { panel, proxmox, switches, temporal, store } = configuration;
      context.out(
        [
          `${configuration.file} is correct.`,
          `  panel     ${panel.url}`,
          `  proxmox   ${proxmox.clusters.map((cluster) => cluster.name).join(', ') || 'no cluster'}`,
          `  switches  ${switches.settings.size} with settings of their own`,
          `  temporal  ${temporal.address ?? `embedded, port ${temporal.port}`}`,
          `  store     ${store.databaseUrl === undefined ? `embedded, ${store.directory}` : 'PostgreSQL server of DATABASE_URL'}`,
          `  warnings  ${configuration.warnings.length}`,
          '',
        ].join('\n'),
      );
    });

  config
    .command('preview')
    .description('show what a new configuration would do to the whole fleet, without changing anything')
    .option('--file <file>', 'the new configuration file (default: the one that is used)')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions & { readonly file?: string }>();
      const file = options.file === undefined ? {} : { config: options.file };
      const proposed = proposedOf(configurationFor(context, { ...options, ...file }, 'client'));
      for await (const page of apiFor(context, options).previewConfiguration(proposed))
        context.out(options.json === true ? asJson(page) : configurationPreviewText(page));
    });

  config
    .command('docs')
    .description('write the documentation of every option')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .action(({ output }: { readonly output?: string }) => {
      const page = renderConfigurationDocs();
      if (output === undefined) return context.out(page);
      writeFileSync(resolve(context.cwd, output), page);
      context.out(`${output} written\n`);
    });
}
