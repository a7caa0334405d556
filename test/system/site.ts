import type { JunosSwitchOptions } from '../../lab/junos';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProductProcess, type ProductProcess, type ProductProcessOptions } from '../../lab/productProcess';
import { readCommittedSet } from '../../lab/demo/readSwitch';
import type { Scenario } from '../../lab/scenarios/scenario';
import { writeSite, type Site, type SiteOverrides } from '../../lab/siteConfiguration';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../../lab/world';
import { placePreparedStore } from '../store/preparedStore';
import { Endings } from '../support/endings';
import { pauseSince } from '../support/pause';

/** What `GET /api/port-security/events/:id` answers, as far as the tests look at it. */
export interface EventAnswer {
  readonly workflowId: string;
  readonly state: string;
  readonly waitingFor?: string;
  readonly outcome?: {
    readonly status: string;
    readonly summary: string;
    readonly requirement?: string;
    readonly ports: readonly {
      readonly device: string;
      readonly port: string;
      readonly status: string;
      readonly excluded: readonly { readonly ip: string; readonly rule: string }[];
      readonly parked?: { readonly remove: readonly { readonly ip: string }[]; readonly reason: string };
      readonly commit?: string;
    }[];
  };
  readonly error?: { readonly code: string; readonly message: string };
}

const OUTCOME_MS = 90_000;

/** A lab world and a site that points at it, with the product as a process that can be stopped and started again. */
export class SystemUnderTest {
  private product: ProductProcess | undefined;
  private readonly endings = new Endings(() => this.running.temporalAddress);

  private constructor(
    readonly world: LabWorld,
    readonly site: Site,
  ) {}

  static async create(
    scenario: Scenario,
    overrides: SiteOverrides = {},
    junos: Partial<JunosSwitchOptions> = {},
  ): Promise<SystemUnderTest> {
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-system-'));
    await placePreparedStore(join(directory, 'data'));
    const world = await startLabWorld(scenario, { commitMs: 200, checkMs: 50, ...junos });
    return new SystemUnderTest(world, writeSite(world, directory, overrides));
  }

  get running(): ProductProcess {
    if (this.product === undefined) throw new Error('the product does not run');
    return this.product;
  }

  /** Starts the product and points the panel's webhook at it. */
  async start(options: Omit<ProductProcessOptions, 'site'> = {}): Promise<void> {
    this.product = await startProductProcess({
      ...{ site: this.site, readyWithinMs: 120_000, forShort: true },
      ...options,
    });
    this.world.panel.setWebhook({
      url: `${this.product.apiUrl}/api/port-security/event`,
      token: LAB_SECRETS.bearerToken,
    });
  }

  async stop(): Promise<void> {
    await this.product?.stop();
    this.product = undefined;
  }

  async close(): Promise<void> {
    await this.endings.close();
    await this.stop();
    await this.world.close();
    rmSync(this.site.directory, { recursive: true, force: true });
  }

  /** Posts a body to the webhook. */
  post(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.running.apiUrl}/api/port-security/event`, {
      method: 'POST',
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** Posts an event and waits for its end. */
  async event(body: unknown): Promise<EventAnswer> {
    const response = await this.post(body);
    if (response.status !== 202)
      throw new Error(`the event was answered with ${response.status}: ${await response.text()}`);
    const { workflowId } = (await response.json()) as { workflowId: string };
    return this.outcome(workflowId);
  }

  /** Waits for the end of the event whose webhook delivery the panel reports. */
  async delivered(deliveries: Awaited<ReturnType<LabWorld['panel']['assign']>>): Promise<EventAnswer> {
    const body = deliveries[0]?.body as { workflowId?: string } | undefined;
    if (body?.workflowId === undefined) throw new Error(`the webhook was not accepted: ${JSON.stringify(deliveries)}`);
    return this.outcome(body.workflowId);
  }

  /** What the API answers about an event now. */
  async status(workflowId: string): Promise<EventAnswer> {
    const response = await fetch(`${this.running.apiUrl}/api/port-security/events/${encodeURIComponent(workflowId)}`, {
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
    });
    return (await response.json()) as EventAnswer;
  }

  /** Waits for an event's end. */
  async outcome(workflowId: string): Promise<EventAnswer> {
    const answer = await this.endings.wait(workflowId, () => this.status(workflowId), OUTCOME_MS);
    if (answer.state === 'running') throw new Error(`no outcome in time: ${answer.waitingFor ?? ''}`);
    return answer;
  }

  /** Waits until an event says that it waits for something. */
  async waitsFor(workflowId: string, what: string): Promise<void> {
    const began = Date.now();
    for (;;) {
      const { state, waitingFor } = await this.status(workflowId);
      if (waitingFor?.includes(what) === true) return;
      if (state !== 'running' || Date.now() > began + OUTCOME_MS)
        throw new Error(`the event is ${state} and does not wait for ${what}: ${waitingFor ?? ''}`);
      await pauseSince(began);
    }
  }

  /** The `static-ip` statements of a port as an SSH session of its own reads them, without their common beginning. */
  async bindings(switchId: number, port: string): Promise<string[]> {
    const prefix = `set ethernet-switching-options secure-access-port interface ${port} static-ip `;
    return (await this.committed(switchId))
      .filter((line) => line.startsWith(prefix))
      .map((line) => line.slice(prefix.length));
  }

  /** The committed configuration as an SSH session of its own reads it. */
  committed(switchId: number): Promise<string[]> {
    const login = this.world.scenario.switches.find((candidate) => candidate.id === switchId);
    const simulated = this.world.switches.get(switchId);
    if (login === undefined || simulated === undefined) throw new Error(`there is no switch ${switchId}`);
    return readCommittedSet({
      host: simulated.host,
      port: simulated.port,
      username: login.username,
      password: login.password,
    });
  }
}
