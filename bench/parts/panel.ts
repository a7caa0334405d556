import type { PanelWorld } from '../../lab/scenarios/scenario';
import { startTenantosLab, type TenantosLab } from '../../lab/tenantos/lab';
import { LAB_SECRETS } from '../../lab/world';
import { DelayLine } from '../delayLine';
import { serve } from './serve';

/** The lab's panel, behind a line of some length. */
export interface PanelPart {
  /** @returns where the product is to find it */
  start(world: PanelWorld): Promise<{ readonly url: string }>;
  reachSwitches(
    switches: readonly { readonly id: number; readonly host: string; readonly port: number }[],
  ): Promise<void>;
  /** Assigns addresses to servers; nobody is told. */
  assign(changes: readonly { readonly serverId: number; readonly ips: readonly string[] }[]): Promise<void>;
  /** Milliseconds there and back, from now on. */
  delay(rttMs: number): Promise<void>;
  /** How many calls fit a pattern, such as `^GET /servers$`, since the start or since they were last forgotten. */
  calls(pattern: string): Promise<number>;
  forgetCalls(): Promise<void>;
}

let panel: TenantosLab;
let line: DelayLine;

serve<PanelPart>({
  async start(world) {
    panel = await startTenantosLab({ world, apiKey: LAB_SECRETS.apiKey });
    line = await DelayLine.before(Number(new URL(panel.url).port), 0);
    return { url: `http://127.0.0.1:${line.port}` };
  },
  reachSwitches(switches) {
    for (const { id, host, port } of switches) panel.setSwitch(id, { host, managementPort: port });
    return Promise.resolve();
  },
  assign(changes) {
    for (const { serverId, ips } of changes) panel.state.assign(serverId, ips);
    return Promise.resolve();
  },
  delay(rttMs) {
    line.rttMs = rttMs;
    return Promise.resolve();
  },
  calls: (pattern) => Promise.resolve(panel.requestCount(new RegExp(pattern))),
  forgetCalls() {
    panel.resetRequests();
    return Promise.resolve();
  },
});
