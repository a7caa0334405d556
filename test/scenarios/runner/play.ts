import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { JunosSwitch } from '../../../lab/junos';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
import type { TenantosLab } from '../../../lab/tenantos/lab';
import { LAB_SECRETS } from '../../../lab/world';
import type { EventAnswer } from '../../system/site';
import type { Given } from '../form/given';
import { readCommittedSet, type SwitchLogin } from '../../../lab/demo/readSwitch';
import { readBindings } from './bindings';
import type { Names } from './names';
import type { PortNumbers } from './ports';
import { overrideSettings, type OwnSettings } from './settings';
import type { SharedSite } from './site';

/** What a command printed, in the scenario's own words. */
export interface CommandResult {
  readonly code: number;
  readonly output: string;
  /** Without what it says on standard error. */
  readonly printed: string;
}

const EVENT_MS = 180_000;

/**
 * A scenario while it runs: the whole world by the scenario's own names. Steps and checks use nothing else. Every text
 * that comes out of here is in the scenario's words, every text that goes in is turned into the world's.
 */
export class Play {
  /** Events by the name that a step gave them; `last` is the latest. */
  readonly events = new Map<string, readonly string[]>();
  /** What takes a fault back, by the fault's name. */
  readonly mends = new Map<string, () => void>();
  /** Begins the Idempotency-Keys of this scenario. */
  private readonly keys = randomUUID();
  /** What was seen to be wrong while something else was looked at. */
  readonly violations: string[] = [];

  constructor(
    readonly given: Given,
    readonly names: Names,
    readonly ports: ReadonlyMap<string, PortNumbers>,
    private readonly shared: () => SharedSite,
    /** Restarts the product with other settings of this scenario. */
    readonly configure: (own: OwnSettings) => Promise<void>,
  ) {}

  get panel(): TenantosLab {
    return this.shared().world.panel;
  }

  get temporalAddress(): string {
    return this.shared().running.temporalAddress;
  }

  /** The cluster of this name; the only one when it is not named. */
  cluster(name?: string): ProxmoxLab {
    const known = Object.keys(this.given.hypervisor);
    const wanted = name ?? (known.length === 1 ? known[0] : undefined);
    const found = wanted === undefined ? undefined : this.shared().world.clusters.get(this.names.text(wanted));
    if (found === undefined) throw new Error(`the scenario has no cluster ${name ?? '(name one of several)'}`);
    return found;
  }

  /** The cluster that has a guest, and the guest's number there. */
  guest(name: string): { readonly cluster: ProxmoxLab; readonly vmid: number } {
    const vmid = this.names.id('guest', name);
    for (const cluster of Object.keys(this.given.hypervisor).map((one) => this.cluster(one)))
      if (cluster.cluster.guests.some((guest) => guest.vmid === vmid)) return { cluster, vmid };
    throw new Error(`no cluster of the scenario has the guest ${name}`);
  }

  theSwitch(name: string): JunosSwitch {
    const found =
      name in this.given.switches ? this.shared().world.switches.get(this.names.id('switch', name)) : undefined;
    if (found === undefined) throw new Error(`the scenario has no switch ${name}`);
    return found;
  }

  /** Every switch of the scenario, by name. */
  switches(): ReadonlyMap<string, JunosSwitch> {
    return new Map(Object.keys(this.given.switches).map((name) => [name, this.theSwitch(name)]));
  }

  /** The bindings of `a ge-0/0/1`, as an SSH session of its own reads them from the switch. */
  async bindings(port: string): Promise<readonly string[]> {
    const [on = '', where = ''] = port.split(' ');
    return this.names.toLocal(await readBindings(this.switchLogin(on), where));
  }

  /** The committed configuration of a switch as `set` lines, read by an SSH session of its own. */
  async configuration(on: string): Promise<readonly string[]> {
    return this.names.toLocal(await readCommittedSet(this.switchLogin(on)));
  }

  private switchLogin(on: string): SwitchLogin {
    const { host, port } = this.theSwitch(on);
    const login = this.shared().world.scenario.switches.find(({ id }) => id === this.names.id('switch', on));
    if (login === undefined) throw new Error(`the scenario has no switch ${on}`);
    return { host, port, username: login.username, password: login.password };
  }

  /** Asks the API. @returns status and JSON body */
  async api(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`${this.shared().running.apiUrl}${this.names.toWorld(path)}`, {
      method,
      headers: {
        ...{ authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' },
        ...(key === undefined ? {} : { 'idempotency-key': `${this.keys} ${key}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(this.names.toWorld(body)) }),
    });
    const text = await response.text();
    return { status: response.status, body: this.names.toLocal(json(text)) };
  }

  /** Runs `portwarden …` as an operator does. */
  async cli(args: readonly string[]): Promise<CommandResult> {
    const { site, running, commands } = this.shared();
    const { code, stdout, stderr } = await commands.run({
      args: args.map((word) => this.names.toWorld(word)),
      cwd: site.directory,
      env: { ...site.environment, TEMPORAL_ADDRESS: running.temporalAddress },
    });
    return { code, output: this.names.toLocal(`${stdout}${stderr}`), printed: this.names.toLocal(stdout) };
  }

  /** Writes a copy of portwarden.yaml with other settings, where commands find it. */
  writeCopy(file: string, other: NonNullable<OwnSettings['configuration']>): void {
    const { configurationFile, directory } = this.shared().site;
    const present = parse(readFileSync(configurationFile, 'utf8')) as Readonly<Record<string, unknown>>;
    const copy = overrideSettings(present, this.names.toWorld(other));
    writeFileSync(join(directory, this.names.toWorld(file)), stringify(copy));
  }

  /** Posts an event as the panel's listener would. @returns its workflow */
  async post(event: Readonly<Record<string, unknown>>): Promise<string> {
    const { status, body } = await this.rawPost(event);
    if (status !== 202)
      throw new Error(`the event was answered with ${status}: ${JSON.stringify(this.names.toLocal(body))}`);
    return (body as { readonly workflowId: string }).workflowId;
  }

  private async rawPost(event: Readonly<Record<string, unknown>>): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.shared().running.apiUrl}/api/port-security/event`, {
      method: 'POST',
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(this.names.toWorld(event)),
    });
    return { status: response.status, body: json(await response.text()) };
  }

  /** The workflows that the panel's deliveries started. */
  delivered(deliveries: Awaited<ReturnType<TenantosLab['assign']>>): readonly string[] {
    return deliveries.map(({ body, error, status }) => {
      const { workflowId } = (body ?? {}) as { readonly workflowId?: string };
      if (workflowId === undefined) throw new Error(`the webhook was not accepted: ${error ?? ''} ${status ?? ''}`);
      return workflowId;
    });
  }

  /** What the API says of an event now. */
  async event(workflowId: string): Promise<EventAnswer> {
    const response = await fetch(
      `${this.shared().running.apiUrl}/api/port-security/events/${encodeURIComponent(workflowId)}`,
      { headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` } },
    );
    return this.names.toLocal((await response.json()) as EventAnswer);
  }

  /** Waits for an event's end. */
  async ended(workflowId: string): Promise<EventAnswer> {
    const answer = await this.shared().endings.wait(workflowId, () => this.event(workflowId), EVENT_MS);
    if (answer.state !== 'running') return answer;
    throw new Error(
      `the event did not end within ${EVENT_MS / 1000} s; it waits for ${answer.waitingFor ?? 'its turn'}`,
    );
  }

  /** The workflows of the events of this name. */
  eventsNamed(name: string): readonly string[] {
    const found = this.events.get(name);
    if (found === undefined) throw new Error(`no step \`as: ${name}\` caused an event so far`);
    return found;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
