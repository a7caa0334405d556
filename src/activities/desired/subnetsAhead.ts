import { Context } from '@temporalio/activity';
import { JoinedReadings } from '../../primitives/joinedReadings';
import type { PanelSubnetFacts } from '../../sources/panelSource';
import type { FactSources } from '../dependencies';

/**
 * The panel's subnets for a batch, asked for while it is asked who is behind the ports: nothing of the one depends on the
 * other. They are of that batch alone; where the next step runs in another process, or comes late, they are asked for then.
 */
export class SubnetsAhead {
  private readonly readings = new JoinedReadings<PanelSubnetFacts>();

  constructor(private readonly sources: Pick<FactSources, 'panel'>) {}

  /** Begins to ask for a batch of the coordinator whose step this is. */
  prepare(batch: number | undefined): void {
    if (batch === undefined) return;
    this.readings.prepare(keyOf(batch), (signal) => this.sources.panel.subnets(signal));
  }

  read(batch: number | undefined, signal: AbortSignal): Promise<PanelSubnetFacts> {
    if (batch === undefined) return this.sources.panel.subnets(signal);
    return this.readings.read(keyOf(batch), (until) => this.sources.panel.subnets(until), signal);
  }
}

function keyOf(batch: number): string {
  return `${Context.current().info.workflowExecution?.runId ?? ''} ${batch}`;
}
