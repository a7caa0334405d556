import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import { parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, configurationFor, type CliContext } from './context';
import { addRestoreCommand } from './holdCommands';
import { DEVICE_HELP, readDevice, type DeviceArgument } from './deviceArgument';

const entry = z.looseObject({ id: z.string().regex(/^\d+$/), at: z.string(), reason: z.string(), size: z.number() });
const page = z.looseObject({ backups: z.array(entry), next: z.string().optional() });
const backup = entry.extend({ configuration: z.string() });
const run = z.looseObject({
  device: z.string(),
  succeededAt: z.string().optional(),
  failing: z.looseObject({ since: z.string(), code: z.string(), message: z.string() }).optional(),
});
const standing = z.looseObject({ devices: z.array(run) });
const difference = z.looseObject({ diff: z.string().optional() });

/** `portwarden backup …`: the stored configurations of devices. Clients of the public API. */
export function addBackupCommands(program: Command, context: CliContext): void {
  const group = program.command('backup').description('see and export the stored configurations of devices');
  const add = (usage: string, description: string): Command =>
    group
      .command(usage)
      .description(description)
      .argument('<device>', DEVICE_HELP, readDevice(context))
      .addOption(apiOption());
  const read = (named: DeviceArgument, command: Command) => {
    const options = command.optsWithGlobals<ApiOptions>();
    const device = named(configurationFor(context, options, 'client'));
    return { options, api: apiFor(context, options), path: `/api/devices/${encodeURIComponent(device)}/backups` };
  };
  const list = async (named: DeviceArgument, command: Command): Promise<z.infer<typeof entry>[]> => {
    const { api, path } = read(named, command);
    const rows: z.infer<typeof entry>[] = [];
    for await (const { backups } of api.pages(`${path}?limit=500`, page)) rows.push(...backups);
    return rows;
  };

  group
    .command('status')
    .description('show when each device was last backed up, and what fails')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = parsed(standing, await apiFor(context, options).get('/api/backups'));
      context.out(options.json === true ? asJson(answer) : statusText(answer.devices));
      if (answer.devices.some(({ failing }) => failing !== undefined)) context.exit(EXIT.failed);
    });

  add('list', 'list them, newest first')
    .addOption(jsonOption())
    .action(async (named: DeviceArgument, options: ApiOptions, command: Command) => {
      const rows = await list(named, command);
      context.out(options.json === true ? asJson(rows) : listText(rows));
    });

  add('show', 'show one; secrets were taken out before it was stored')
    .argument('<id>', 'as `backup list` names it')
    .addOption(jsonOption())
    .action(async (named: DeviceArgument, id: string, options: ApiOptions, command: Command) => {
      const { api, path } = read(named, command);
      const answer = parsed(backup, await api.get(`${path}/${encodeURIComponent(id)}`));
      context.out(options.json === true ? asJson(answer) : answer.configuration);
    });

  add('diff', 'show what differs between two, as `diff -u` does')
    .argument('<from>', 'the id of the older one')
    .argument('[to]', 'the id of the newer one, or `now`: what the device has now')
    .option('--to <to>', 'the same')
    .addOption(jsonOption())
    .action(async (named: DeviceArgument, from: string, second: string | undefined, _: unknown, command: Command) => {
      const { api, path, options } = read(named, command);
      const { to = second } = command.opts<{ to?: string }>();
      if (to === undefined) throw new PortwardenError('invalid-request', 'name the backup to compare with, or `now`');
      const query = new URLSearchParams({ from, to }).toString();
      const answer = parsed(difference, await api.get(`${path}/diff?${query}`));
      context.out(options.json === true ? asJson(answer) : diffText(answer.diff));
      if (answer.diff === undefined) context.exit(EXIT.failed);
    });

  addRestoreCommand(group, context);

  add('export', 'write each into a file of a new folder, with index.json, which says of when they are')
    .argument('<folder>', 'a folder that is not there yet')
    .action(async (named: DeviceArgument, folder: string, _options: unknown, command: Command) => {
      const { api, path } = read(named, command);
      const rows = await list(named, command);
      const target = resolve(context.cwd, folder);
      makeFolder(target);
      for (const { id } of rows) {
        const { configuration } = parsed(backup, await api.get(`${path}/${id}`));
        writeFileSync(join(target, `${id}.txt`), configuration, { flag: 'wx', mode: 0o600 });
      }
      writeFileSync(join(target, 'index.json'), asJson(rows), { flag: 'wx', mode: 0o600 });
      context.out(`${rows.length} backups are in ${target}\n`);
    });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    throw new PortwardenError(
      'invalid-request',
      `${path} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function listText(rows: readonly z.infer<typeof entry>[]): string {
  if (rows.length === 0) return 'There is no backup of this device.\n';
  return rows.map(({ id, at, size, reason }) => `${id}  ${at}  ${size} bytes  ${reason}\n`).join('');
}

function statusText(devices: readonly z.infer<typeof run>[]): string {
  if (devices.length === 0) return 'No device was backed up yet.\n';
  return devices
    .map(({ device, succeededAt = 'never', failing }) => {
      const fault =
        failing === undefined ? '' : `  FAILING since ${failing.since}: ${failing.code}: ${failing.message}`;
      return `${device}  last ${succeededAt}${fault}\n`;
    })
    .join('');
}

function diffText(diff: string | undefined): string {
  if (diff === undefined) return 'Too much differs to compare them here: export them, and use a tool of your own.\n';
  return diff === '' ? 'They are equal.\n' : diff;
}
