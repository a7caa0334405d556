import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import type { DeviceId } from '../domain/values/device';
import { parsePortName, type PortName } from '../domain/values/port';
import { parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, configurationFor, type CliContext } from './context';
import { authorOf, authorOption, expiresOption, expiryOf, reasonOption } from './decisionOptions';
import { DEVICE_HELP, readDevice, type DeviceArgument } from './deviceArgument';

const exception = z.looseObject({
  device: z.string(),
  port: z.string(),
  reason: z.string(),
  author: z.string(),
  since: z.string(),
  expiresAt: z.string(),
});
const grantedAnswer = z.looseObject({ exception });
const listAnswer = z.looseObject({ exceptions: z.array(exception) });

/** What is told to whoever lets a port pass. */
interface PassOptions extends ApiOptions {
  readonly reason?: string;
  readonly author?: string;
  readonly expires?: string;
}

/** `portwarden window …`: what people let pass closed change windows. */
export function addWindowCommands(program: Command, context: CliContext): void {
  const window = program.command('window').description('let something pass a change window that is closed');
  window
    .command('pass')
    .description('let what is due on a port be made once, now, though the change window of its device is closed')
    .argument('<device>', DEVICE_HELP, readDevice(context))
    .argument('<port>', 'the port as outcomes name it, such as ge-0/0/1.0', readPort)
    .addOption(reasonOption().makeOptionMandatory())
    .addOption(authorOption())
    .addOption(expiresOption())
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (named: DeviceArgument, port: PortName, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PassOptions>();
      const answer = await letPass(context, options, named(configurationFor(context, options, 'client')), port);
      context.out(options.json === true ? asJson(answer) : `${wordsOf(answer.exception)}\n`);
    });
  window
    .command('list')
    .description('list what may pass, with who said so and why')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = parsed(listAnswer, await apiFor(context, options).get('/api/window-exceptions'));
      if (options.json === true) return context.out(asJson(answer));
      const { exceptions } = answer;
      context.out([...(exceptions.length === 0 ? ['Nothing may pass'] : exceptions.map(wordsOf)), ''].join('\n'));
    });
}

/** Lets what is due on a port pass once. @throws PortwardenError as the API answers. */
async function letPass(
  context: CliContext,
  options: PassOptions,
  device: DeviceId,
  port: PortName,
): Promise<z.infer<typeof grantedAnswer>> {
  const expiresAt = expiryOf(options.expires, new Date());
  const body = {
    ...{ device, port, reason: options.reason, author: authorOf(options) },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  return parsed(grantedAnswer, await apiFor(context, options).post('/api/window-exceptions', body));
}

function wordsOf({ device, port, author, reason, since, expiresAt }: z.infer<typeof exception>): string {
  return `${device} ${port} may pass once since ${since} until ${expiresAt}, by ${author}: ${reason}`;
}

function readPort(text: string): PortName {
  try {
    return parsePortName(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : 'is invalid');
  }
}
