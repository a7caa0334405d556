import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { PortOutcome } from '../domain/change/outcome';
import type { DeviceId } from '../domain/values/device';
import { ATTRIBUTE, EVENT_WORKFLOW, SIGNALS } from '../protocol/names';
import type { RunNews } from '../protocol/applyAll';
import type { PortProgress } from '../protocol/events';

/** Reports to events that wait for a port. One that no longer exists is passed over. */
export interface EventReporter {
  reportOutcome(workflowId: string, outcome: PortOutcome): Promise<void>;
  reportProgress(workflowId: string, progress: PortProgress): Promise<void>;
  /** Tells a run of Apply All of many ports at once. */
  reportNews(workflowId: string, news: RunNews): Promise<void>;
}

/** The events that wait for the coordinators of devices. */
export class WaitingEvents implements EventReporter {
  constructor(private readonly client: Client) {}

  reportOutcome(workflowId: string, outcome: PortOutcome): Promise<void> {
    return this.signal(workflowId, SIGNALS.portOutcome, outcome);
  }

  reportProgress(workflowId: string, progress: PortProgress): Promise<void> {
    return this.signal(workflowId, SIGNALS.portProgress, progress);
  }

  reportNews(workflowId: string, news: RunNews): Promise<void> {
    return this.signal(workflowId, SIGNALS.runNews, news);
  }

  /** The running events that wait for a device, each with the first port that it waits for. */
  async of(device: DeviceId, withinMs: number): Promise<{ readonly workflowId: string; readonly port: string }[]> {
    const query = `WorkflowType = "${EVENT_WORKFLOW}" AND ExecutionStatus = "Running" AND Device = "${device}"`;
    return this.client.withDeadline(Date.now() + withinMs, async () => {
      const waiting: { workflowId: string; port: string }[] = [];
      for await (const { workflowId, typedSearchAttributes } of this.client.workflow.list({ query })) {
        const port = typedSearchAttributes.get(ATTRIBUTE.port);
        if (port !== undefined) waiting.push({ workflowId, port });
      }
      return waiting;
    });
  }

  /** How many events began before a time and have not come as far as a device: they wait for panel or hypervisors. */
  async unplaced(before: Date, withinMs: number): Promise<number> {
    const query =
      `WorkflowType = "${EVENT_WORKFLOW}" AND ExecutionStatus = "Running" AND Device IS NULL ` +
      `AND StartTime < "${before.toISOString()}"`;
    const { count } = await this.client.withDeadline(Date.now() + withinMs, () => this.client.workflow.count(query));
    return count;
  }

  private async signal(workflowId: string, name: string, message: unknown): Promise<void> {
    try {
      await this.client.workflow.getHandle(workflowId).signal(name, message);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}
