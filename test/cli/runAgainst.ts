import { configuredPort, configuredSwitchDevice, requireDriver } from '../../src/app/deviceKinds';
import { runCli } from '../../src/cli/program';

const TOKEN = { PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789' };
const NOT_ASKED = (): Promise<never> => Promise.reject(new Error('not asked'));

/** What a command printed and how it ended. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of the command line that is a client of the API there, and asks nobody else. */
export async function runAgainst(url: string, args: readonly string[], cwd = '/'): Promise<Printed> {
  let [out, err] = ['', ''];
  const code = await runCli([...args, '--api', url], {
    ...{ env: TOKEN, cwd, out: (text) => void (out += text), err: (text) => void (err += text) },
    requireDriver,
    panelSwitchDevice: configuredSwitchDevice,
    portOnDevice: configuredPort,
    openCoordinators: NOT_ASKED,
    inspectCluster: NOT_ASKED,
    inspectDevice: NOT_ASKED,
  });
  return { code, out, err };
}
