import { parseConfiguration } from '../../../src/config';
import { portRequest } from '../../../src/domain/servers/portRequest';
import { P, setUp } from './coordinatorUnderTest';

test('200 events at once are two commits with the default size of a batch: the first one, and all that came meanwhile', async () => {
  const under = setUp();
  const { coordinator, steps, enlist, inbox } = under;
  const env = { PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789', TENANTOS_API_KEY: 'key-0123456789' };
  const file = { file: 'portwarden.yaml', cwd: '/', env, role: 'all' } as const;
  const { batchPorts, batchBindings } = parseConfiguration('panel: { url: "https://panel.example.com" }', file).retries;
  steps.settings = { ...steps.settings, batchPorts, batchBindings };
  const { runPass } = steps;
  steps.runPass = async (input) => {
    steps.runPass = runPass;
    for (let n = 2; n <= 200; n += 1)
      inbox.put((one) => {
        one.enlist([{ ...portRequest(P(n)), waiter: `e${n}` }]);
      });
    return runPass(input);
  };
  enlist(1, 'e1');
  await coordinator.runBatch();
  await coordinator.observe();
  while (coordinator.isReady()) await coordinator.runBatch();
  expect(steps.commits.map(({ ports }) => ports.length)).toEqual([1, 199]);
  expect(steps.outcomes()).toHaveLength(200);
});
