import { PortwardenError } from '../../src/domain/errors';
import { temporalUnavailable } from '../servers/temporal';
import { addDedicated, addressOf } from '../workflows/siteWorld';
import { startWorkflowServer, type WorkflowServer } from '../workflows/workflowServer';
import { searchHistories } from './historySecrets';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const SECRET = 'hunter2-"quoted"/+';

suite('the search for secrets in histories', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  const search = async (least: number) => {
    const end = Date.now() + 15_000;
    for (;;) {
      const found = await searchHistories(workflows.client, { password: SECRET });
      if (found.runs >= least || Date.now() > end) return found;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };

  it('finds nothing in the histories of ordinary events, and has looked at them', async () => {
    const site = await workflows.startSite();
    addDedicated(site, 1);
    await site.run({ action: 'ip_assigned', serverId: 1, ip: addressOf(1) });
    const found = await search(2);
    expect(found.findings).toEqual([]);
    expect([found.runs, found.events > 20, found.bytes > 5_000]).toEqual([2, true, true]);
  });

  it.each([
    ['as it is', (secret: string) => secret],
    ['in base64', (secret: string) => Buffer.from(`admin:${secret}`).toString('base64')],
    ['percent-encoded', (secret: string) => `https://panel/?key=${encodeURIComponent(secret)}`],
    ['as hex', (secret: string) => Buffer.from(secret).toString('hex')],
  ])('finds one in an input, in a marker and in a failure, spelt %s', async (_name, spell) => {
    const site = await workflows.startSite();
    site.world.panel.fail(
      'getServer',
      new PortwardenError('panel-unauthorized', `The panel answers 401 to ${spell(SECRET)}`),
    );
    const id = await site.start({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.1', comment: spell(SECRET) });
    await expect(site.result(id)).rejects.toThrow();
    const end = Date.now() + 15_000;
    let types: string[] = [];
    while (types.length < 3 && Date.now() < end) {
      const { findings } = await searchHistories(workflows.client, { password: SECRET });
      types = [...new Set(findings.filter((finding) => finding.workflowId === id).map((finding) => finding.eventType))];
      expect(JSON.stringify(findings)).not.toContain(SECRET);
    }
    expect(types.sort()).toEqual([
      'EVENT_TYPE_MARKER_RECORDED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
    ]);
  });

  it('refuses a secret that is too short to mean anything', async () => {
    await expect(searchHistories(workflows.client, { pin: '1234' })).rejects.toThrow('the secret pin is too short');
  });
});
