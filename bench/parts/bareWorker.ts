import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Semaphore } from '../../src/primitives/concurrency';
import { BARE_OUTCOME, BARE_TASK_QUEUE, type BareActivities } from '../bare/names';
import { serve } from './serve';

/** A worker for bare workflows, with the settings of the product's. */
export interface BareWorkerPart {
  /** Resolves when it takes work. */
  start(address: string): Promise<void>;
}

/** As many outcomes at a time as the product's `notifyWaiters` reports. */
const TOLD_AT_ONCE = 16;

serve<BareWorkerPart>({
  async start(address) {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    const client = new Client({ connection: await Connection.connect({ address }) });
    const limiter = new Semaphore(TOLD_AT_ONCE);
    const activities: BareActivities = {
      look: ({ serverId }) => Promise.resolve({ device: 'bare:1', port: `port-${serverId}` }),
      enlist(waiter) {
        void limiter.run(() => client.workflow.getHandle(waiter).signal(BARE_OUTCOME, 'applied'));
        return Promise.resolve();
      },
    };
    const worker = await Worker.create({
      connection: await NativeConnection.connect({ address }),
      taskQueue: BARE_TASK_QUEUE,
      workflowsPath: require.resolve('../bare/workflows'),
      activities: { ...activities },
    });
    void worker.run().catch((error: unknown) => {
      process.stderr.write(`the bare worker failed: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
  },
});
