import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runPortwarden } from '../productCli';
import { startProductProcess, type ProductProcess } from '../productProcess';
import { demoScenario } from '../scenarios/demo';
import { writeSite, type Site } from '../siteConfiguration';
import { phpMissing, PhpPanel } from '../tenantos/phpPanel';
import type { WebhookTarget } from '../tenantos/webhook';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../world';
import { cloudCases } from './cases';
import { lastCommit } from './history';
import { playCase, type Portwarden } from './playCase';
import { readCommittedSet } from './readSwitch';
import { block, bold, green, grey, progress, red, say, title } from './screen';
import { demoSteps, type DemoStep } from './steps';

const PREFIX = 'set ethernet-switching-options secure-access-port interface';
const EVENT_MS = 60_000;
/** As long as the lab waits for an answer to a post: the demo shows what the API answered. */
const LISTENER_MS = 10_000;

interface EventAnswer {
  readonly state: string;
  readonly waitingFor?: string;
  readonly outcome?: { readonly status: string; readonly summary: string };
  readonly error?: { readonly code: string; readonly message: string };
  readonly uiUrl?: string;
}

async function eventually(product: ProductProcess, workflowId: string): Promise<EventAnswer> {
  const done = progress('waiting for the outcome');
  const deadline = Date.now() + EVENT_MS;
  try {
    for (;;) {
      const response = await fetch(`${product.apiUrl}/api/port-security/events/${encodeURIComponent(workflowId)}`, {
        headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
      });
      const answer = (await response.json()) as EventAnswer;
      if (answer.state !== 'running') return answer;
      if (Date.now() > deadline) throw new Error(`no outcome within ${EVENT_MS} ms: ${answer.waitingFor ?? 'unknown'}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    done();
  }
}

/** Plays one step and shows it. @returns what is wrong, empty when the step was proven. */
async function play(step: DemoStep, world: LabWorld, product: ProductProcess): Promise<string[]> {
  title(step.title);
  say(grey(`  ${step.lesson}`));
  const [delivery] = await step.happen(world);
  const body = delivery?.body as { workflowId?: string; uiUrl?: string } | undefined;
  block('event', [`POST /api/port-security/event ${JSON.stringify(delivery?.event)} → ${delivery?.status}`]);
  if (body?.workflowId === undefined) return [`the webhook was not accepted: ${JSON.stringify(delivery)}`];
  block('workflow', [body.workflowId]);
  const answer = await eventually(product, body.workflowId);
  const commit = await lastCommit(product.temporalAddress, `junos:${step.switchId}`);
  const desired = commit?.desired.find((port) => port.port === step.port)?.desired ?? [];
  block(
    'desired',
    desired.length === 0 ? ['no bindings'] : desired.map(({ ip, mac, vlan }) => `${ip} ${mac} VLAN ${vlan}`),
  );
  block('commands', commit?.commands ?? []);
  block(
    'diff',
    (commit?.diff ?? '').split('\n').filter((line) => line.trim() !== ''),
  );
  const login = demoScenario.switches.find((candidate) => candidate.id === step.switchId);
  const simulated = world.switches.get(step.switchId);
  if (login === undefined || simulated === undefined) return ['the switch of the step does not exist'];
  const committed = await readCommittedSet({
    host: simulated.host,
    port: simulated.port,
    username: login.username,
    password: login.password,
  });
  const bindings = committed.filter((line) => line.startsWith(`${PREFIX} ${step.port} static-ip`));
  block('on the switch', bindings.length === 0 ? ['no static-ip on the port'] : bindings);
  if (body.uiUrl !== undefined) block('history', [body.uiUrl]);
  const problems = judge(step, answer, bindings);
  say(
    problems.length === 0
      ? `  ${green('✔')} ${answer.outcome?.summary ?? ''}`
      : problems.map((problem) => `  ${red('✘')} ${problem}`).join('\n'),
  );
  return problems;
}

function judge(step: DemoStep, answer: EventAnswer, bindings: readonly string[]): string[] {
  const problems: string[] = [];
  if (answer.outcome?.status !== 'applied')
    problems.push(
      `the event ended as ${answer.outcome?.status ?? answer.state}: ${answer.error?.message ?? answer.outcome?.summary ?? ''}`,
    );
  const have = bindings.map((line) => line.slice(`${PREFIX} ${step.port} static-ip `.length)).sort();
  const want = [...step.expected].sort();
  if (JSON.stringify(have) !== JSON.stringify(want))
    problems.push(`the switch has [${have.join('; ')}] instead of [${want.join('; ')}]`);
  return problems;
}

/** The cases in the cloud, one after the other. */
async function playCases({ cloud }: LabWorld, site: Site, apiUrl: string): Promise<string[]> {
  if (cloud === undefined) return ['the world has no cloud'];
  const portwarden: Portwarden = (args) => runPortwarden(site, [...args, '--api', apiUrl]);
  const problems: string[] = [];
  for (const one of cloudCases) problems.push(...(await playCase(one, cloud, portwarden)));
  return problems;
}

/** How the panel's events reach the API: by the listener that is shipped, where PHP is there to run it. */
function panelListener(directory: string, apiUrl: string): WebhookTarget {
  const target = { url: `${apiUrl}/api/port-security/event`, token: LAB_SECRETS.bearerToken };
  const missing = phpMissing();
  if (missing !== undefined) {
    block('listener', [`${missing}: the panel posts its events without integrations/tenantos`]);
    return target;
  }
  const variables = { PORTWARDEN_LISTENER_LIMIT_MS: String(LISTENER_MS) };
  const panel = new PhpPanel({ folder: join(directory, 'panel'), apiUrl, token: target.token, variables });
  block('listener', ["integrations/tenantos/ServerNetworkContext.php, run by PHP, posts the panel's events"]);
  return { ...target, deliver: (event) => panel.deliver(event) };
}

function invite(world: LabWorld, product: ProductProcess): void {
  title('Your turn');
  say('  Everything keeps running. Post own events (Ctrl-C ends it):');
  say();
  const post = (body: object): void => {
    say(
      `  curl -sS ${product.apiUrl}/api/port-security/event -H 'Authorization: Bearer ${LAB_SECRETS.bearerToken}' \\`,
    );
    say(`    -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`);
  };
  post({ action: 'ip_assigned', serverId: 102, ip: '10.0.48.20' });
  say();
  say(grey('  or change the panel, which fires the webhook itself:'));
  say(
    `  curl -sS ${world.panel.adminUrl}/assign -H 'Content-Type: application/json' -d '{"serverId":304,"ip":"10.0.48.110"}'`,
  );
  say();
  block('Temporal UI', [product.temporalUiUrl ?? 'none']);
  block('log', [product.logFile]);
}

async function run(once: boolean): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'portwarden-demo-'));
  let world: LabWorld | undefined;
  let product: ProductProcess | undefined;
  try {
    say(
      bold(
        'portwarden demo: a panel, a Proxmox cluster, two Juniper switches and an OpenStack cloud, all simulated on 127.0.0.1',
      ),
    );
    world = await startLabWorld(demoScenario, { commitMs: 1_500, checkMs: 400 });
    block('lab', [
      `panel ${world.panel.url}`,
      ...[...world.switches.values()].map((one) => `switch ${one.name} ssh ${one.host}:${one.port} (${one.profile})`),
      ...(world.cloud === undefined ? [] : [`cloud ${world.cloud.lab.authUrl}`]),
    ]);
    const done = progress('starting Temporal, API and worker');
    const site = writeSite(world, directory);
    product = await startProductProcess({ site });
    done();
    const { apiUrl } = product;
    block('product', [`API ${apiUrl}`, `Temporal UI ${product.temporalUiUrl ?? 'none'}`]);
    world.panel.setWebhook(panelListener(directory, apiUrl));
    const problems: string[] = [];
    for (const step of demoSteps) problems.push(...(await play(step, world, product)));
    problems.push(...(await playCases(world, site, apiUrl)));
    title(
      problems.length === 0
        ? `All ${demoSteps.length} events and ${cloudCases.length} cases proven`
        : `It did not come out as said: ${problems.length} problem(s)`,
    );
    if (!once && problems.length === 0) {
      invite(world, product);
      await Promise.race([interrupted(), product.ended]);
    }
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    say(red(error instanceof Error ? error.message : String(error)));
    if (product !== undefined) say(grey(readFileSync(product.logFile, 'utf8').split('\n').slice(-20).join('\n')));
    return 1;
  } finally {
    await product?.stop();
    await world?.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => {
      resolve();
    });
    process.once('SIGTERM', () => {
      resolve();
    });
  });
}

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
void run(values.once).then((code) => process.exit(code));
