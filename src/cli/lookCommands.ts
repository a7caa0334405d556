import type { Command } from 'commander';
import { EXIT } from '../domain/exitCode';
import { PortwardenError } from '../domain/errors';
import { parseIp } from '../domain/values/ip';
import { parseMac } from '../domain/values/mac';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { explanationText, previewText } from './lookText';

interface PreviewOptions extends ApiOptions {
  readonly node?: string;
  readonly cluster?: string;
  readonly replace?: boolean;
}

/** `portwarden preview` and `portwarden explain`: clients of the public API. Nothing is changed by them. */
export function addLookCommands(program: Command, context: CliContext): void {
  program
    .command('preview')
    .description('show what would be changed now, without changing anything')
    .argument('[what]', 'a server by its number, a device such as junos:3, or with <port> one of its ports')
    .argument('[port]', "the device's port, such as ge-0/0/1.0")
    .option('--node <name>', 'the ports through which the traffic of this Proxmox node enters')
    .option('--cluster <name>', 'the cluster of --node, when there are several')
    .option('--replace', 'the commands as a full replace (delete, set, commit) instead of the difference')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (what: string | undefined, port: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PreviewOptions>();
      const answer = await apiFor(context, options).preview({
        ...previewSubject(what, port, options),
        form: options.replace === true ? 'replace' : 'difference',
      });
      context.out(options.json === true ? asJson(answer) : previewText(answer));
      const isFailed = answer.devices.some(({ ports }) => ports.some(({ status }) => status === 'failed'));
      if (isFailed) context.exit(EXIT.failed);
    });

  program
    .command('explain')
    .description('say why an address is let through or not')
    .argument('<what>', 'an address, a MAC, a server by its number, or with <port> a device such as junos:3')
    .argument('[port]', "the device's port, such as ge-0/0/1.0")
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (what: string, port: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = await apiFor(context, options).explain(explainSubject(what, port));
      context.out(options.json === true ? asJson(answer) : explanationText(answer));
    });
}

function previewSubject(
  what: string | undefined,
  port: string | undefined,
  { node, cluster }: PreviewOptions,
): Readonly<Record<string, string>> {
  if (node !== undefined) {
    if (what !== undefined) throw usage('--node goes without another subject');
    return { node, ...(cluster === undefined ? {} : { cluster }) };
  }
  if (what === undefined) throw usage('name a server, a device, a device with a port, or --node');
  if (port !== undefined) return { device: what, port };
  return /^\d+$/.test(what) ? { server: what } : { device: what };
}

function explainSubject(what: string, port: string | undefined): Readonly<Record<string, string>> {
  if (port !== undefined) return { device: what, port };
  if (/^\d+$/.test(what)) return { server: what };
  if (isReadBy(parseIp, what)) return { ip: what };
  return isReadBy(parseMac, what) ? { mac: what } : { device: what };
}

function isReadBy(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function usage(message: string): PortwardenError {
  return new PortwardenError('invalid-request', message);
}
