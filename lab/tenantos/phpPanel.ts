import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import type { DeliveryResult, WebhookEvent } from './webhook';

/** What a request of the panel was held up for, and what stands in its activity log since. */
export interface PanelAnswer {
  /** By PHP's own clock, in milliseconds. */
  readonly ms: number;
  readonly activity: readonly string[];
  /** How many of these lines stood there when the request's transaction was committed. */
  readonly beforeCommit: number;
  /** The listeners' methods that the panel found, by the class of the event. */
  readonly listeners: Readonly<Record<string, readonly string[]>>;
}

/** One event as the panel fires it: the addresses as the panel's event classes hold them. */
export type PanelEvent = readonly [action: WebhookEvent['action'], serverId: number, ips: readonly unknown[]];

/** A command that ended. */
export interface CommandEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the listener posts to, and its variables. */
export interface PhpPanelOptions {
  /** A folder of its own, for the installed listener and its spool. */
  readonly folder: string;
  readonly apiUrl: string;
  readonly token: string;
  readonly variables?: Readonly<Record<string, string>>;
}

let missing: string | undefined | null = null;

/** Why the panel's listener cannot be run here; undefined when it can. */
export function phpMissing(): string | undefined {
  if (missing === null) {
    const { status, error } = spawnSync('php', [
      '-r',
      "exit(extension_loaded('curl') && PHP_VERSION_ID >= 80100 ? 0 : 3);",
    ]);
    if (error !== undefined) missing = 'php is not installed (php-cli, php-curl)';
    else if (status === 3) missing = 'php is older than 8.1 or has no curl (php-curl)';
    else if (status !== 0) missing = `php does not run (exit code ${status})`;
    else missing = listenerSource() === undefined ? 'the folder integrations/tenantos is not here' : undefined;
  }
  return missing;
}

/** The folder with the listener as it is shipped, from the sources as from what was compiled into dist. */
function listenerSource(): string | undefined {
  for (let directory = __dirname; directory !== dirname(directory); directory = dirname(directory)) {
    const candidate = join(directory, 'integrations', 'tenantos');
    if (existsSync(join(candidate, 'ServerNetworkContext.php'))) return candidate;
  }
  return undefined;
}

/** As much of the real panel as a listener sees, run by PHP, with our listener installed in it. */
export class PhpPanel {
  readonly spool: string;
  private readonly program: string;
  private readonly listeners: string;
  private readonly environment: NodeJS.ProcessEnv;
  private readonly running = new Set<ChildProcess>();

  constructor(options: PhpPanelOptions) {
    const source = listenerSource();
    if (source === undefined) throw new Error('the folder integrations/tenantos is not here');
    this.program = join(dirname(dirname(source)), 'lab', 'tenantos', 'php', 'panel.php');
    this.listeners = join(options.folder, 'app', 'Custom', 'EventListeners');
    this.spool = join(options.folder, 'spool');
    mkdirSync(this.listeners, { recursive: true });
    for (const part of ['ServerNetworkContext.php', 'Portwarden'])
      cpSync(join(source, part), join(this.listeners, part), { recursive: true });
    this.environment = {
      PATH: process.env['PATH'],
      LAB_PANEL_LISTENERS: this.listeners,
      PORTWARDEN_API_URL: options.apiUrl,
      PORT_SECURITY_EVENT_API_BEARER_TOKEN: options.token,
      PORTWARDEN_LISTENER_SPOOL: this.spool,
      PORTWARDEN_LISTENER_ENV: join(options.folder, 'listener.env'),
      ...options.variables,
    };
  }

  /** A job of the panel, on the command line, that fires one event. */
  async fire(...[action, serverId, ips]: PanelEvent): Promise<PanelAnswer> {
    const end = await this.php([this.program, action, String(serverId), ...ips.map(String)]);
    if (end.code !== 0) throw new Error(`the panel ended with ${end.code}: ${end.stderr}${end.stdout}`);
    return JSON.parse(end.stdout) as PanelAnswer;
  }

  /** Delivers an event of the lab's panel as its real listener does. */
  async deliver(event: WebhookEvent): Promise<DeliveryResult> {
    const { activity } = await this.fire(event.action, event.serverId, event.ip === undefined ? [] : [event.ip]);
    const workflowId = activity
      .map((line) => /^portwarden: reported .*: workflow (\S+)$/.exec(line)?.[1])
      .find(Boolean);
    return workflowId === undefined
      ? { event, error: activity.join('\n') }
      : { event, status: 202, body: { workflowId } };
  }

  /** The command for cron. */
  drain(...args: readonly string[]): Promise<CommandEnd> {
    return this.php([join(this.listeners, 'Portwarden', 'drain.php'), ...args]);
  }

  /**
   * The panel as a web server.
   * @param workers how many requests it handles at the same time
   */
  async serve(workers = 1): Promise<{
    readonly url: string;
    request(events: readonly PanelEvent[], transaction?: 'transaction'): Promise<PanelAnswer>;
  }> {
    const child = this.start(['-S', '127.0.0.1:0', this.program], { PHP_CLI_SERVER_WORKERS: String(workers) });
    const url = await new Promise<string>((resolve, reject) => {
      const said: string[] = [];
      child.once('exit', () => {
        reject(new Error(`the panel did not start: ${said.join('\n')}`));
      });
      if (child.stderr !== null)
        createInterface({ input: child.stderr }).on('line', (line) => {
          said.push(line);
          const address = /\((http:\/\/127\.0\.0\.1:\d+)\) started/.exec(line)?.[1];
          if (address !== undefined) resolve(address);
        });
    });
    return {
      url,
      async request(events, transaction) {
        const response = await fetch(url, {
          method: 'POST',
          body: JSON.stringify({ events, transaction: transaction !== undefined }),
        });
        const text = await response.text();
        if (response.status !== 200) throw new Error(`the panel answered ${response.status}: ${text}`);
        return JSON.parse(text) as PanelAnswer;
      },
    };
  }

  /** Starts PHP in the panel's environment. */
  start(args: readonly string[], variables: Readonly<Record<string, string>> = {}): ChildProcess {
    // A group of its own: the web server's workers end with it.
    const child = spawn('php', args, {
      env: { ...this.environment, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    return child;
  }

  /** A process that fires one event, to be killed. */
  startFire(...[action, serverId, ips]: PanelEvent): ChildProcess {
    return this.start([this.program, action, String(serverId), ...ips.map(String)]);
  }

  /** Kills what still runs. */
  close(): void {
    for (const { pid } of this.running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  }

  private php(args: readonly string[]): Promise<CommandEnd> {
    const child = this.start(args);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code, stdout, stderr });
      });
    });
  }
}
