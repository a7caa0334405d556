import { PortwardenError } from '../domain/errors';
import { SEARCH_ATTRIBUTES } from '../protocol/names';
import type { Configuration } from '../config';
import { temporalFolder } from './installation/folders';
import type { Log } from '../telemetry/log';
import { RestartBudget, type RestartLimits } from './restartBudget';
import { findTemporalCli, startEmbeddedTemporal, type EmbeddedTemporal } from '../temporal/embedded';
import { messageOf } from '../primitives/systemError';

/** The Temporal server that a process works with. */
export interface TemporalServer {
  /** host:port of the gRPC frontend. */
  readonly address: string;
  /** Address of the web UI, when it is known. */
  readonly uiUrl: string | undefined;
  stop(): Promise<void>;
}

const RESTART_LIMITS: RestartLimits = { restarts: 20, quietMs: 10 * 60_000 };
const RESTART_PAUSE_MS = 1_000;

/**
 * The configured server, or the embedded one: started, and started again when it dies.
 * @param onLost called when the embedded server keeps dying: more often than the budget allows
 */
export async function openTemporalServer(
  configuration: Configuration,
  log: Log,
  onLost: (error: PortwardenError) => void,
  budget: RestartBudget = new RestartBudget(RESTART_LIMITS),
): Promise<TemporalServer> {
  const { address, uiUrl } = configuration.temporal;
  if (address !== undefined) return { address, uiUrl: uiUrl?.replace(/\/+$/, ''), stop: () => Promise.resolve() };
  const keeper = new EmbeddedTemporalServer(configuration, log, onLost, budget);
  await keeper.start();
  return keeper;
}

/** Keeps the embedded server alive on the ports it first got; its database outlives every crash. */
class EmbeddedTemporalServer implements TemporalServer {
  private server: EmbeddedTemporal | undefined;
  private stopped = false;
  private started = false;
  private ports: { port: number; uiPort: number };

  constructor(
    private readonly configuration: Configuration,
    private readonly log: Log,
    private readonly onLost: (error: PortwardenError) => void,
    private readonly budget: RestartBudget,
  ) {
    this.ports = { port: configuration.temporal.port, uiPort: configuration.temporal.uiPort };
  }

  get address(): string {
    return this.server?.address ?? '';
  }

  get uiUrl(): string | undefined {
    return this.server?.uiUrl;
  }

  async start(): Promise<void> {
    const say = (line: string): void => {
      this.log.info(line);
    };
    const cliPath = process.env['TEMPORAL_CLI_PATH'] ?? (await findTemporalCli(say));
    this.server = await startEmbeddedTemporal({
      cliPath,
      directory: temporalFolder(this.configuration),
      databaseMustExist: this.started,
      ...this.ports,
      exact: this.started,
      namespace: this.configuration.temporal.namespace,
      searchAttributes: SEARCH_ATTRIBUTES,
      ui: true,
      log: say,
    });
    this.ports = {
      port: portOf(this.server.address),
      uiPort: this.server.uiUrl === undefined ? this.ports.uiPort : Number(new URL(this.server.uiUrl).port),
    };
    this.started = true;
    this.server.onExit(() => {
      void this.restart();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.server?.stop();
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private async restart(): Promise<void> {
    if (this.stopped) return;
    this.log.error({ address: this.address }, 'the embedded Temporal server ended; starting it again');
    while (!this.isStopped() && this.budget.take()) {
      try {
        await this.start();
        return;
      } catch (error) {
        if (error instanceof PortwardenError && error.code === 'temporal-lost') return this.onLost(error);
        this.log.error({ reason: messageOf(error) }, 'the embedded Temporal server could not be started again');
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS * Math.min(this.budget.inARow, 10)));
      }
    }
    if (!this.isStopped())
      this.onLost(new PortwardenError('temporal-unavailable', 'The embedded Temporal server keeps ending'));
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
