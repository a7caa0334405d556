import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseScope, type Scope, type ScopeFields } from '../domain/values/scope';

/** `--all`, `--site`, `--device` and `--port`: what a command is about. */
export function addScopeOptions(command: Command): Command {
  return command
    .addOption(new Option('--all', 'every device'))
    .addOption(new Option('--site <name>', 'the devices of a site of the configuration'))
    .addOption(new Option('--device <device>', 'a device such as junos:3'))
    .addOption(new Option('--port <port>', 'with --device: this port of it, such as ge-0/0/1.0'));
}

/** The scope that the options name. @throws InvalidArgumentError unless they name exactly one. */
export function scopeOf({ all, site, device, port }: ScopeFields): Scope {
  try {
    return parseScope({ all, site, device, port });
  } catch (error) {
    throw new InvalidArgumentError(
      `--all, --site, --device and --port ${error instanceof Error ? error.message : 'are invalid'}`,
    );
  }
}
