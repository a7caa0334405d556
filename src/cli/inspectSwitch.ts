import { compareBindings } from '../domain/binding';
import { connect } from '../devices/junos/connection';
import { boundPorts } from '../devices/junos/dialects/dialect';
import { bindingsOnSwitch, readSwitchState } from '../devices/junos/switchState';
import { panelClientOptions } from '../runtime/clientOptions';
import { switchSettings, type Configuration } from '../runtime/config';
import { junosDeviceOptions } from '../runtime/devices';
import { createLogger } from '../runtime/log';
import { TenantosClient } from '../sources/tenantos/client';
import { openStore } from '../store/openStore';
import type { HostKeyRepository, Store } from '../store/store';

/** What the doctor found on a switch. */
export interface SwitchFindings {
  /** Readable lines, ended by a line break. No secrets. */
  readonly text: string;
  /** False when portwarden could not manage the switch as it is. */
  readonly healthy: boolean;
}

/** Connects to a switch and describes what portwarden sees and would manage. Changes nothing on it. */
export type InspectSwitch = (configuration: Configuration, switchId: number) => Promise<SwitchFindings>;

const LONGEST_MS = 5 * 60_000;

/**
 * Inspects a switch with the login and the host key rules of the service itself.
 * @throws PortwardenError of the panel, the store or the switch.
 */
export const inspectConfiguredSwitch: InspectSwitch = async (configuration, switchId) => {
  const tenantos = new TenantosClient(panelClientOptions(configuration));
  const hostKeys = new LazyHostKeys(configuration);
  const log = createLogger({ level: 'silent' });
  try {
    const options = junosDeviceOptions({ config: configuration, tenantos, store: { hostKeys }, log }, switchId);
    const operations = await connect(options.open, options.session, AbortSignal.timeout(LONGEST_MS));
    try {
      const { facts } = operations.session;
      const state = await readSwitchState(operations, options.settings);
      const { verifyHostKey, unit } = switchSettings(configuration, switchId);
      const ports = boundPorts(state.bindings);
      const lines = [
        `junos:${switchId}`,
        `  host key    ${facts.hostKey}${verifyHostKey ? '' : ' (not verified)'}`,
        `  algorithms  ${Object.entries(facts.algorithms).map(([kind, name]) => `${kind} ${name}`).join(', ')}`,
        `  NETCONF     ${facts.transport}, ${facts.framing}, ${facts.isJunos ? 'Junos' : 'no Junos: standard operations are used'}`,
        `  dialect     ${state.dialect.name}; ports without a unit get .${unit}`,
        ...[...state.aggregates].map(([member, aggregate]) => `  aggregate   ${member} is a member of ${aggregate}`),
        ...state.bindings.knobs.map((knob) => `  setting     ${knob.statement}`),
        `  bindings    on ${ports.length} ports`,
        ...ports.flatMap((port) =>
          [...bindingsOnSwitch(state, port)].sort(compareBindings).map((b) => `    ${port} ${b.ip} ${b.mac} ${b.vlanName}`),
        ),
        '',
      ];
      return { text: lines.join('\n'), healthy: true };
    } finally {
      await operations.session.close();
    }
  } finally {
    await hostKeys.close();
    tenantos.close();
  }
};

/** Opens the store only when host keys are trusted on first use: the running service may hold its lock. */
class LazyHostKeys implements HostKeyRepository {
  private opened: Promise<Store> | undefined;

  constructor(private readonly configuration: Configuration) {}

  async list(...args: Parameters<HostKeyRepository['list']>): Promise<readonly string[]> {
    return (await this.store()).hostKeys.list(...args);
  }

  async add(...args: Parameters<HostKeyRepository['add']>): Promise<void> {
    return (await this.store()).hostKeys.add(...args);
  }

  async close(): Promise<void> {
    await (await this.opened?.catch(() => undefined))?.close();
  }

  private store(): Promise<Store> {
    const { directory, databaseUrl } = this.configuration.store;
    this.opened ??= openStore({ directory, databaseUrl: databaseUrl?.reveal() });
    return this.opened;
  }
}
