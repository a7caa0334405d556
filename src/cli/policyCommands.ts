import { Option, type Command } from 'commander';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import { previewAnswer } from './apiAnswers';
import { LOOK_TIMEOUT_MS, parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, decisionsFor, type CliContext } from './context';
import { authorOf, authorOption, expiresOption, reasonOption, timeoutOption } from './decisionOptions';
import { previewText } from './lookText';
import {
  acceptedPolicyAnswer,
  changedPolicyAnswer,
  policiesAnswer,
  policyAnswer,
  type PolicyRow,
} from './policyAnswers';
import {
  addPolicyOptions,
  addScopeOptions,
  policyBody,
  scopeBody,
  type ChangeOptions,
  type ScopeOptions,
} from './policyOptions';
import { acceptedText, changedText, isCarriedOut, policiesText, policyText } from './policyText';

const API = '/api/policies';

interface ListOptions extends ApiOptions {
  readonly device?: string;
  readonly server?: string;
  readonly kind?: string;
  readonly ending?: boolean;
}

/** `portwarden policy …`: overrides of ports, by people. Clients of the public API. */
export function addPolicyCommands(program: Command, context: CliContext): void {
  const policy = program
    .command('policy')
    .description('see and change port policies: port security off, further addresses, security groups');
  const add = (usage: string, description: string): Command =>
    policy.command(usage).description(description).addOption(apiOption()).addOption(jsonOption());
  addReading(add, context);

  const change = (name: 'set' | 'unset', description: string): Command =>
    addScopeOptions(add(name, description))
      .addOption(reasonOption())
      .addOption(authorOption())
      .option('--if-version <version>', 'only if this version is in force, as `policy show` names it; 0: none')
      .option('--idempotency-key <key>', 'a repeat with the same key changes nothing again')
      .addOption(timeoutOption())
      .option('--no-wait', 'do not wait for what becomes of the ports')
      .option('--preview', 'show what would change on every port concerned, and change nothing');
  const run = (name: 'set' | 'unset') => async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<ChangeOptions>();
    const said = { ...scopeBody(options), ...(name === 'set' ? policyBody(options, new Date()) : {}) };
    if (options.preview === true) await previewChange(context, options, { change: name, ...said });
    else await changePolicy(context, options, name, said);
  };
  addPolicyOptions(
    change('set', 'set the policy of a port, a server, a network or a device; it replaces what is there'),
  )
    .addOption(expiresOption())
    .action(run('set'));
  change('unset', 'end a policy: its ports become what they would be without it').action(run('unset'));
}

function addReading(add: (usage: string, description: string) => Command, context: CliContext): void {
  add('list', 'list the policies in force')
    .option('--device <device>', 'of ports and networks of this device, and of itself')
    .option('--server <id>', 'of this server')
    .addOption(new Option('--kind <kind>', 'of this kind').choices(['port', 'server', 'network', 'device']))
    .option('--ending', 'what ends within the hour only')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const { device, server, kind, ending } = options;
      const query = new URLSearchParams({
        ...{ limit: '500' },
        ...(device === undefined ? {} : { device }),
        ...(server === undefined ? {} : { server }),
        ...(kind === undefined ? {} : { kind }),
        ...(ending === true ? { ending: 'soon' } : {}),
      });
      const rows: PolicyRow[] = [];
      for await (const page of apiFor(context, options).pages(`${API}?${query.toString()}`, policiesAnswer))
        rows.push(...page.policies);
      context.out(options.json === true ? asJson(rows) : policiesText(rows));
    });
  addScopeOptions(add('show', 'show the policy of a port, server, network or device, and what was done to it')).action(
    async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions & ScopeOptions>();
      const query = new URLSearchParams(scopeBody(options)).toString();
      const answer = parsed(policyAnswer, await apiFor(context, options).get(`${API}/show?${query}`));
      context.out(options.json === true ? asJson(answer) : policyText(answer));
    },
  );
}

async function previewChange(
  context: CliContext,
  options: ChangeOptions,
  proposed: Readonly<Record<string, unknown>>,
): Promise<void> {
  const answer = parsed(
    previewAnswer,
    await apiFor(context, options).post(`${API}/preview`, proposed, LOOK_TIMEOUT_MS),
  );
  context.out(options.json === true ? asJson(answer) : previewText(answer));
  if (answer.devices.some(({ ports }) => ports.some(({ status }) => status === 'failed'))) context.exit(EXIT.failed);
}

async function changePolicy(
  context: CliContext,
  options: ChangeOptions,
  name: 'set' | 'unset',
  said: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { reason, ifVersion, idempotencyKey } = options;
  if (reason === undefined) throw new PortwardenError('invalid-request', 'say why, with --reason');
  const version = ifVersion === undefined ? {} : { version: ifVersion };
  const body = { ...said, author: authorOf(options), reason, ...version };
  const accepted = parsed(
    acceptedPolicyAnswer,
    await apiFor(context, options).postOnce(`${API}/${name}`, body, idempotencyKey),
  );
  if (!options.wait) {
    context.out(options.json === true ? asJson(accepted) : acceptedText(accepted));
    return;
  }
  context.err(acceptedText(accepted));
  const ended = await decisionsFor(context, options).ended(accepted.workflowId, options.timeout * 1000, (text) =>
    context.err(`  ${text}\n`),
  );
  const answer = parsed(changedPolicyAnswer, ended);
  context.out(options.json === true ? asJson(answer) : changedText(answer));
  if (!isCarriedOut(answer)) context.exit(EXIT.notApplied);
}
