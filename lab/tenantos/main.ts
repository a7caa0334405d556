import { parseArgs } from 'node:util';

import { seedScenario } from '../scenarios/seed';
import { startTenantosLab } from './lab';

/** A lab part that runs: what a client needs to reach it, as `KEY=VALUE` lines, and how to end it. */
export interface RunningLabPart {
  readonly lines: string[];
  close(): Promise<void>;
}

/**
 * Starts the fake panel with the seed's world.
 * @param args `--port N` (default: any free one), `--api-key KEY`, `--webhook-url URL` with `--webhook-token TOKEN`,
 *   `--switch ID=HOST:PORT` (repeatable): where the panel says that a switch is reached.
 * @throws TypeError or RangeError for arguments that are not understood.
 */
export async function runTenantosLab(args: readonly string[]): Promise<RunningLabPart> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '0' },
      'api-key': { type: 'string', default: 'lab-tenantos-key' },
      'webhook-url': { type: 'string' },
      'webhook-token': { type: 'string', default: '' },
      switch: { type: 'string', multiple: true, default: [] },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError('--port must be from 0 to 65535');
  const switches = values.switch.map(parseSwitch);
  const url = values['webhook-url'];
  const lab = await startTenantosLab({
    world: seedScenario.panel,
    apiKey: values['api-key'],
    port,
    ...(url === undefined ? {} : { webhook: { url, token: values['webhook-token'] } }),
  });
  for (const { id, host, managementPort } of switches) lab.setSwitch(id, { host, managementPort });
  return {
    lines: [`TENANTOS_URL=${lab.url}`, `TENANTOS_API_KEY=${lab.apiKey}`, `TENANTOS_ADMIN_URL=${lab.adminUrl}`],
    close: () => lab.close(),
  };
}

function parseSwitch(text: string): { readonly id: number; readonly host: string; readonly managementPort: number } {
  const match = /^(\d+)=(.+):(\d{1,5})$/.exec(text);
  const [, id, host, port] = match ?? [];
  if (id === undefined || host === undefined || port === undefined)
    throw new RangeError('--switch must be ID=HOST:PORT');
  return { id: Number(id), host, managementPort: Number(port) };
}
