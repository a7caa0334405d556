import { openSession } from '../../src/clients/netconf/openSession';
import { JunosDevice } from '../../src/devices/junos/junosDevice';
import { DEFAULT_JUNOS_SETTINGS } from '../../src/devices/junos/settings';
import { converge } from '../../src/devices/pass/converge';
import type { ConvergeContext } from '../../src/devices/pass/request';
import { deviceId } from '../../src/domain/values/device';
import { parseIp } from '../../src/domain/values/ip';
import { parseMac } from '../../src/domain/values/mac';
import { parsePortName } from '../../src/domain/values/port';
import { parseVlanId } from '../../src/domain/values/vlan';
import type { PlainBinding } from '../ports';
import { serve } from './serve';
import type { ReachedSwitch } from './switches';

/** The product's driver and pass over one switch, without workflows, panel and store. */
export interface DevicePart {
  connect(reached: ReachedSwitch, login: { readonly username: string; readonly password: string }): Promise<void>;
  /**
   * Brings ports to what they shall have, with lock, backup, one commit and a fresh reading.
   * @throws Error when a port did not become so
   */
  change(ports: readonly { readonly port: string; readonly bindings: readonly PlainBinding[] }[]): Promise<Taken>;
}

/** What a change took. */
export interface Taken {
  readonly ms: number;
  /** CPU time of this process. */
  readonly cpuMs: number;
}

const TIMEOUT_MS = 120_000;

let device: JunosDevice;
let passes = 0;

serve<DevicePart>({
  connect({ host, port, hostKeyFingerprint }, login) {
    const timeouts = { connect: TIMEOUT_MS, ordinary: TIMEOUT_MS, load: TIMEOUT_MS, commit: TIMEOUT_MS };
    device = new JunosDevice({
      id: deviceId('junos', 1),
      session: () => Promise.resolve({ host, port, ...login, hostKeys: [hostKeyFingerprint], timeouts }),
      settings: { ...DEFAULT_JUNOS_SETTINGS, confirmedCommit: 'never' },
      open: openSession,
      log: { info: () => undefined, warn: () => undefined },
    });
    return Promise.resolve();
  },
  async change(ports) {
    passes += 1;
    const targets = ports.map(({ port, bindings }) => ({
      port: parsePortName(port),
      desired: bindings.map(({ ip, mac, vlan }) => ({
        ip: parseIp(ip),
        mac: parseMac(mac),
        vlan: parseVlanId(vlan),
      })),
      retainIps: [],
      removals: { named: [], absent: [] },
    }));
    const guards = { maxRemovedBindings: 1_000, maxRemovedShare: 1 };
    const started = performance.now();
    const cpu = process.cpuUsage();
    const result = await converge(device, { targets, guards, keeps: [], logToken: `bench-${passes}` }, context());
    const ms = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    const other = result.ports.find(({ status }) => status !== 'applied');
    if (other !== undefined) throw new Error(`${other.port} is ${other.status}: ${JSON.stringify(other)}`);
    return { ms, cpuMs: (user + system) / 1000 };
  },
});

/** Keeps nothing: what a store takes is measured elsewhere. */
function context(): ConvergeContext {
  return {
    signal: new AbortController().signal,
    onStep: () => undefined,
    onBackup: () => Promise.resolve(),
    onOpenCommits: () => Promise.resolve(),
    allocateVirtualMacs: () => Promise.reject(new Error('there are no virtual MACs here')),
    beforeCommit: () => Promise.resolve(),
  };
}
