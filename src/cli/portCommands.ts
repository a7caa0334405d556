import { InvalidArgumentError, Option, type Command } from 'commander';
import { z } from 'zod';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import { parsePortName, type PortName } from '../domain/values/port';
import type { ParkedVerdict } from '../protocol/parkedDecisions';
import { parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, configurationFor, decisionsFor, type CliContext } from './context';
import { authorOf, authorOption, reasonOption, timeoutOption, type DecisionOptions } from './decisionOptions';
import { DEVICE_HELP, readDevice, type DeviceArgument } from './deviceArgument';
import { RemoteError } from './failure';

const accepted = z.looseObject({ workflowId: z.string() });
const decided = z.looseObject({
  summary: z.string(),
  device: z.string(),
  ports: z.array(
    z.looseObject({
      port: z.string(),
      refused: z.string().optional(),
      outcome: z.looseObject({ status: z.string(), summary: z.string() }).optional(),
    }),
  ),
});

interface PortOptions extends ApiOptions, DecisionOptions {
  readonly fingerprint?: string;
  readonly outsideWindow?: boolean;
}

/** What an approval or a rejection ends as when what it decided about was done. */
const DONE: Readonly<Record<ParkedVerdict, readonly string[]>> = {
  approve: ['applied', 'unchanged', 'held'],
  reject: ['skipped'],
};
const USUAL_WAIT_SECONDS = 30;

/** `portwarden port …`: a person's decision about a parked change. Clients of the public API. */
export function addPortCommands(program: Command, context: CliContext): void {
  const port = program.command('port').description('decide about changes that wait for a person');
  const decide = (verdict: ParkedVerdict, description: string): Command =>
    port
      .command(verdict)
      .description(description)
      .argument('<device>', DEVICE_HELP, readDevice(context))
      .argument('<port>', 'the port as the outcome names it, such as ge-0/0/1.0', readPort)
      .addOption(
        new Option(
          '--fingerprint <text>',
          'decide about exactly the change that `portwarden parked --json` shows with it',
        ),
      )
      .addOption(reasonOption())
      .addOption(authorOption())
      .addOption(timeoutOption().default(USUAL_WAIT_SECONDS))
      .addOption(apiOption())
      .addOption(jsonOption())
      .action(async (named: DeviceArgument, name: PortName, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<PortOptions>();
        await decideAbout(context, options, verdict, named, name);
      });
  decide('approve', 'let what is parked go ahead, if it is still the same').option(
    '--outside-window',
    'now, though the change window of the device is closed; needs --reason',
  );
  decide('reject', 'drop what is parked');
}

async function decideAbout(
  context: CliContext,
  options: PortOptions,
  verdict: ParkedVerdict,
  named: DeviceArgument,
  name: PortName,
): Promise<void> {
  const configuration = configurationFor(context, options, 'client');
  const device = named(configuration);
  const port = context.portOnDevice(configuration, { device, port: name });
  const { fingerprint, reason, outsideWindow } = options;
  if (outsideWindow === true && reason === undefined)
    throw new PortwardenError('invalid-request', 'say why, with --reason');
  const { workflowId } = parsed(
    accepted,
    await apiFor(context, options).post(`/api/guards/parked/${verdict}`, {
      device,
      ports: [{ port, ...(fingerprint === undefined ? {} : { fingerprint }) }],
      author: authorOf(options),
      ...(reason === undefined ? {} : { reason }),
      ...(outsideWindow === true ? { outsideWindow } : {}),
    }),
  );
  const answer = await endedOrGoesOn(context, options, workflowId);
  if (answer === undefined) {
    const what = `${device} ${port}: ${verdict === 'approve' ? 'approved' : 'rejected'}; it is not carried out yet, and goes on`;
    return context.out(options.json === true ? asJson({ workflowId, state: 'running' }) : `${what} (${workflowId})\n`);
  }
  context.out(
    options.json === true ? asJson(answer) : answer.ports.map((one) => `${device} ${textOf(one, verdict)}\n`).join(''),
  );
  if (answer.ports.some(({ outcome }) => !DONE[verdict].includes(outcome?.status ?? ''))) context.exit(EXIT.notApplied);
}

/** What became of it; undefined when it still waits for something, such as the end of a pause. */
async function endedOrGoesOn(
  context: CliContext,
  options: PortOptions,
  workflowId: string,
): Promise<z.infer<typeof decided> | undefined> {
  const say = (text: string): void => {
    context.err(`  ${text}\n`);
  };
  try {
    return parsed(decided, await decisionsFor(context, options).ended(workflowId, options.timeout * 1000, say));
  } catch (error) {
    if (error instanceof RemoteError && error.code === 'waited-too-long') return undefined;
    throw error;
  }
}

function textOf({ port, refused, outcome }: z.infer<typeof decided>['ports'][number], verdict: ParkedVerdict): string {
  if (refused !== undefined) return `${port}: nothing was done: ${refused}`;
  const done = verdict === 'approve' ? 'approved' : 'rejected';
  return outcome === undefined ? `${port}: ${done}` : `${port}: ${done}; ${outcome.status}: ${outcome.summary}`;
}

function readPort(text: string): PortName {
  try {
    return parsePortName(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : 'is invalid');
  }
}
