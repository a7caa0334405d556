import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import { guardsOf } from '../../domain/change/heldBy';
import type { PortOutcome } from '../../domain/change/outcome';
import type { PassInput } from '../../protocol/activities';
import type { ActivityDependencies } from '../dependencies';
import { codeOf } from '../failure';

const HEARTBEAT_MS = 4_000;

/** Where a pass over a device is, for heartbeats, log and metrics, and what it is called. */
export class PassProgress {
  readonly workflowId: string;
  /** Unique to this attempt. */
  readonly pass: string;
  private readonly log: Logger;
  private readonly started = Date.now();
  private readonly beat: NodeJS.Timeout;
  private current = 'connect';

  constructor(
    private readonly deps: Pick<ActivityDependencies, 'log' | 'metrics'>,
    private readonly input: Pick<PassInput, 'device' | 'batch' | 'ports'>,
  ) {
    const context = Context.current();
    const { workflowExecution, activityId, attempt } = context.info;
    this.workflowId = workflowExecution?.workflowId ?? 'none';
    this.pass = `${workflowExecution?.runId ?? ''}/${activityId}/${attempt}`;
    this.log = deps.log.child({ workflowId: this.workflowId, device: input.device, batch: input.batch });
    this.beat = setInterval(() => context.heartbeat(this.current), HEARTBEAT_MS);
  }

  /** The commit log text: unique per pass, names the workflow. */
  get logToken(): string {
    const run = this.pass.slice(0, this.pass.indexOf('/')).slice(0, 8);
    return `portwarden ${this.workflowId} batch ${this.input.batch} ${run}`.slice(0, 120);
  }

  step(step: string, detail?: string): void {
    this.current = step;
    Context.current().heartbeat(detail === undefined ? step : `${step}: ${detail}`);
    this.log.debug({ step, detail }, 'device step');
  }

  finished(hasCommitted: boolean): void {
    this.deps.metrics.batch(this.input.device, this.input.ports.length);
    this.deps.metrics.commit(this.input.device, hasCommitted ? 'committed' : 'unchanged', this.seconds());
  }

  outcome(outcome: PortOutcome): void {
    const { port, status, journalId, summary } = outcome;
    this.deps.metrics.outcome(status);
    for (const guard of guardsOf(outcome)) this.deps.metrics.guardHeld(this.input.device, guard);
    this.log.info({ port, status, journalId }, summary);
  }

  failed(error: unknown): void {
    this.deps.metrics.commit(this.input.device, 'failed', this.seconds());
    this.deps.metrics.sourceError('device', codeOf(error));
    const reason = error instanceof Error ? error.message : String(error);
    this.log.warn({ step: this.current, code: codeOf(error), reason }, 'device change failed');
  }

  end(): void {
    clearInterval(this.beat);
  }

  private seconds(): number {
    return (Date.now() - this.started) / 1000;
  }
}
