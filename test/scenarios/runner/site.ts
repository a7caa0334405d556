import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { startProductProcess, type ProductProcess } from '../../../lab/productProcess';
import type { Scenario } from '../../../lab/scenarios/scenario';
import { writeSite, type Site } from '../../../lab/siteConfiguration';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../../../lab/world';
import { pickPort } from '../../../src/temporal/embedded/ports';
import { placePreparedStore } from '../../store/preparedStore';
import { Endings } from '../../support/endings';
import { ProductCommands } from '../../support/productCommands';
import { joinSettings, overrideSettings, type NamedSettings } from './settings';

/** What holds for every scenario; README.md says so. */
const SITE = {
  api: { eventsPerMinute: 1_000_000, readsPerMinute: 1_000_000 },
  retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 } },
} as const;

const COMMIT_MS = 50;
const READY_MS = 120_000;

type Sections = Readonly<Record<string, unknown>>;

/** One started product over one world, for all scenarios of a run. */
export class SharedSite {
  readonly endings = new Endings(() => this.running.temporalAddress);
  /** What scenarios run as operators do: `portwarden …`. */
  readonly commands = new ProductCommands();
  private product: ProductProcess | undefined;
  private readonly settings = new Map<string, NamedSettings>();
  /** The scenario whose own configuration the product runs with, beside what all share. */
  private ownOf: string | undefined;
  private readonly base: Sections;

  private constructor(
    readonly world: LabWorld,
    readonly site: Site,
    private readonly forShort: boolean,
  ) {
    this.base = parse(readFileSync(site.configurationFile, 'utf8')) as Sections;
  }

  /** @param forShort whether the product is restarted after a scenario or two */
  static async start(
    parts: readonly Scenario[],
    settings: readonly NamedSettings[],
    forShort = false,
  ): Promise<SharedSite> {
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-scenarios-'));
    await placePreparedStore(join(directory, 'data'));
    const world = await startLabWorld(together(parts), { commitMs: COMMIT_MS, checkMs: 10 });
    // The same address after a restart, and in the file that the command line reads.
    const port = await pickPort({ preferred: 0, exact: false, purpose: 'the API' });
    const shared = new SharedSite(
      world,
      writeSite(world, directory, { ...SITE, api: { ...SITE.api, port } }),
      forShort,
    );
    for (const one of settings) shared.settings.set(one.title, one);
    shared.write(joinSettings(shared.base, settings));
    await shared.startProduct();
    return shared;
  }

  get running(): ProductProcess {
    if (this.product === undefined) throw new Error('the product does not run');
    return this.product;
  }

  /** Ends the product and starts it with what the scenarios say of its configuration now. */
  async restart(changes: readonly NamedSettings[]): Promise<void> {
    for (const change of changes) this.settings.set(change.title, change);
    this.ownOf = undefined;
    this.write(joinSettings(this.base, [...this.settings.values()]));
    await this.startAgain();
  }

  /** The same for a scenario that runs alone: what it says counts, whatever the others have set. */
  async restartFor(scenario: NamedSettings): Promise<void> {
    this.ownOf = scenario.title;
    const others = [...this.settings.values()].filter(({ title }) => title !== scenario.title);
    const shared = joinSettings(this.base, others);
    const { configuration = {}, ...things } = scenario.own;
    const own = joinSettings(shared, [{ ...scenario, own: things }]);
    this.write(overrideSettings(own, scenario.names.toWorld(configuration)));
    await this.startAgain();
  }

  /** Makes sure that a scenario that runs alone begins with its own settings and nobody else's. */
  async beginAlone(scenario: NamedSettings): Promise<void> {
    const { configuration = {}, hypervisor = {}, switches = {} } = scenario.own;
    const hasOwn = [configuration, hypervisor, switches].some((things) => Object.keys(things).length > 0);
    if (hasOwn || this.ownOf !== undefined) await this.restartFor(scenario);
  }

  async close(): Promise<void> {
    await this.endings.close();
    await this.commands.close();
    await this.product?.stop();
    await this.world.close();
    rmSync(this.site.directory, { recursive: true, force: true });
  }

  /** The last lines of the product's log, for a failure that nothing else explains. */
  log(): string {
    return readFileSync(this.running.logFile, 'utf8');
  }

  private write(sections: Sections): void {
    writeFileSync(this.site.configurationFile, stringify(sections));
  }

  private async startAgain(): Promise<void> {
    await this.product?.stop();
    await this.startProduct();
  }

  private async startProduct(): Promise<void> {
    this.product = await startProductProcess({ site: this.site, readyWithinMs: READY_MS, forShort: this.forShort });
    this.world.panel.setWebhook({
      url: `${this.product.apiUrl}/api/port-security/event`,
      token: LAB_SECRETS.bearerToken,
    });
  }
}

function together(parts: readonly Scenario[]): Scenario {
  return {
    name: 'scenarios',
    panel: {
      servers: parts.flatMap(({ panel }) => panel.servers),
      networkDevices: parts.flatMap(({ panel }) => panel.networkDevices),
      subnets: parts.flatMap(({ panel }) => panel.subnets),
      externalProviders: parts.flatMap(({ panel }) => panel.externalProviders),
    },
    proxmox: parts.flatMap(({ proxmox }) => proxmox),
    switches: parts.flatMap(({ switches }) => switches),
  };
}
