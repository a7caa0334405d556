import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWorkflowServer, type WorkflowServer } from '../workflows/workflowServer';
import { SCENARIOS, type Recorded } from './scenarios';

/*
 * Records the histories that test/replay replays. Run it with scripts/record-histories.mjs, after a change of workflow
 * code that is meant to be incompatible and that no running workflow can meet.
 */

const DIRECTORY = join(__dirname, 'histories');

let workflows: WorkflowServer;
beforeAll(async () => {
  mkdirSync(DIRECTORY, { recursive: true });
  workflows = await startWorkflowServer();
});
afterAll(async () => {
  await workflows.stop();
});

it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
  '%s',
  async (_name, scenario) => {
    for (const recorded of await scenario(workflows)) save(recorded);
  },
  120_000,
);

function save({ name, workflowId, runId }: Recorded): void {
  const { cliPath, address } = workflows.temporal;
  const run = runId === undefined ? [] : ['--run-id', runId];
  const shown = execFileSync(
    cliPath,
    ['workflow', 'show', '--address', address, '--workflow-id', workflowId, ...run, '--output', 'json'],
    { encoding: 'utf8', maxBuffer: 64 << 20 },
  );
  const history: unknown = JSON.parse(shown, (key, value: unknown) =>
    key === 'stackTrace' ? undefined : key === 'identity' ? 'recorder' : value,
  );
  writeFileSync(join(DIRECTORY, `${name}.json`), `${JSON.stringify(history, null, 1)}\n`);
}
