import { temporalUnavailable } from '../servers/temporal';
import { continuesAsNewUnderLoad, mergesABurst } from './bursts';
import { startWorkflowServer, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

/** What coordinator.test.ts has in small. */
suite('the coordinator under large bursts, on a real Temporal server', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  it('merges a burst of 200 events on one device into at most 3 commits', async () => {
    await mergesABurst(await workflows.startSite(), 200);
  }, 120_000);

  it('continues as new under 500 requests and loses none', async () => {
    await continuesAsNewUnderLoad(await workflows.startSite({ settings: { historyLimit: 100 } }), 500);
  }, 120_000);
});
