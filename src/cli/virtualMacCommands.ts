import { Option, type Command } from 'commander';
import { VIRTUAL_MAC_STATES } from '../domain/desired/virtualMac';
import { EXIT } from '../domain/exitCode';
import { LOOK_TIMEOUT_MS, parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { authorOf } from './decisionOptions';
import {
  virtualMacAnswer,
  virtualMacChangeAnswer,
  virtualMacEventsAnswer,
  virtualMacsAnswer,
  type VirtualMacRow,
} from './virtualMacAnswers';
import { virtualMacLogText, virtualMacsText, virtualMacText } from './virtualMacText';

const API = '/api/virtual-macs';

interface ListOptions extends ApiOptions {
  readonly server?: string;
  readonly ip?: string;
  readonly state?: string;
  readonly device?: string;
  readonly port?: string;
}

interface LogOptions extends ApiOptions {
  readonly server?: string;
  readonly ip?: string;
  readonly limit: string;
}

interface ChangeOptions extends ApiOptions {
  readonly mac?: string;
  readonly reason?: string;
  readonly by?: string;
}

/** `portwarden vmac …`: the virtual MACs of further addresses of dedicated servers. Clients of the public API. */
export function addVirtualMacCommands(program: Command, context: CliContext): void {
  const vmac = program.command('vmac').description('see, give and revoke virtual MACs of dedicated servers');
  const add = (usage: string, description: string): Command =>
    vmac.command(usage).description(description).addOption(apiOption()).addOption(jsonOption());

  add('list', 'list virtual MACs, newest first')
    .option('--server <id>', "of this server, by the panel's number")
    .option('--ip <address>', 'of this address')
    .addOption(new Option('--state <state>', 'in this state').choices([...VIRTUAL_MAC_STATES]))
    .option('--device <device>', 'bound on this device, such as junos:3')
    .option('--port <port>', 'bound on this port of --device')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const { server, ip, state, device, port } = options;
      const query = queryOf({ server, ip, state, device, port, limit: '500' });
      const rows: VirtualMacRow[] = [];
      for await (const page of apiFor(context, options).pages(`${API}?${query}`, virtualMacsAnswer))
        rows.push(...page.virtualMacs);
      context.out(options.json === true ? asJson(rows) : virtualMacsText(rows));
    });

  add('show', 'show one with its event log, and what is configured on the server for it')
    .argument('<mac>', 'the virtual MAC')
    .action(async (mac: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = parsed(virtualMacAnswer, await apiFor(context, options).get(`${API}/${encodeURIComponent(mac)}`));
      context.out(options.json === true ? asJson(answer) : virtualMacText(answer.virtualMac, answer.events));
      if (answer.virtualMac.state === 'failed') context.exit(EXIT.failed);
    });

  add('assign', 'give an address of a dedicated server a virtual MAC, in place of what it is bound to')
    .argument('<server>', "the server, by the panel's number")
    .argument('<ip>', 'a further address of it')
    .option('--mac <mac>', 'the MAC that it is to have, such as one of another system (default: a random one)')
    .option('--by <name>', 'who asks (default: the user of this machine). Nothing proves it')
    .action(async (server: string, ip: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ChangeOptions>();
      const { mac } = options;
      const body = { server, ip, ...(mac === undefined ? {} : { mac }), by: authorOf(named(options)) };
      const answer = parsed(virtualMacChangeAnswer, await apiFor(context, options).post(API, body, LOOK_TIMEOUT_MS));
      context.out(options.json === true ? asJson(answer) : `${answer.summary}\n`);
    });

  add('revoke', 'take a virtual MAC away for good; its address gets what the policy of the switch gives')
    .argument('<mac>', 'the virtual MAC')
    .option('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who revokes it (default: the user of this machine). Nothing proves it')
    .action(async (mac: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ChangeOptions>();
      const { reason } = options;
      const body = { ...(reason === undefined ? {} : { reason }), by: authorOf(named(options)) };
      const path = `${API}/${encodeURIComponent(mac)}/revoke`;
      const answer = parsed(virtualMacChangeAnswer, await apiFor(context, options).post(path, body, LOOK_TIMEOUT_MS));
      context.out(options.json === true ? asJson(answer) : `${answer.summary}\n`);
    });

  add('log', 'show what happened to virtual MACs, newest first')
    .argument('[mac]', 'one of them (default: all)')
    .option('--server <id>', "of this server, by the panel's number")
    .option('--ip <address>', 'of this address')
    .option('--limit <count>', 'so many lines at most', '50')
    .action(async (mac: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogOptions>();
      const { server, ip, limit } = options;
      const path = `${API}/log?${queryOf({ mac, server, ip, limit })}`;
      const { events } = parsed(virtualMacEventsAnswer, await apiFor(context, options).get(path));
      context.out(options.json === true ? asJson(events) : virtualMacLogText(events));
    });
}

function named({ by }: ChangeOptions): { readonly author?: string } {
  return by === undefined ? {} : { author: by };
}

function queryOf(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return new URLSearchParams(given).toString();
}
