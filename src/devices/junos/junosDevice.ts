import type { ConvergeContext, ConvergeRequest, Convergence, Device, PortBindings } from '../device';
import type { DeviceId, PortName } from '../../domain/values/port';
import { runChange } from './changeSequence';
import { connect, type SessionProvider } from './connection';
import { boundPorts } from './dialects/dialect';
import { effectivePort } from './lag';
import type { OpenSession } from '../../clients/netconf/session';
import type { JunosLog, JunosSettings } from './settings';
import { statementsOnSwitch, readSwitchState } from './switchState';

/** What a Junos switch is driven with. */
export interface JunosDeviceOptions {
  readonly id: DeviceId;
  /** Called each time a session is opened, so that credentials live no longer than that. */
  readonly session: SessionProvider;
  readonly settings: JunosSettings;
  readonly open: OpenSession;
  readonly log: JunosLog;
}

/** A Juniper EX or QFX switch, or any NETCONF server with the same configuration hierarchy. */
export class JunosDevice implements Device {
  readonly id: DeviceId;

  constructor(private readonly options: JunosDeviceOptions) {
    this.id = options.id;
  }

  async converge(request: ConvergeRequest, context: ConvergeContext): Promise<Convergence> {
    const { open, session, settings, log } = this.options;
    const result = await runChange(request, context, {
      connect: () => connect(open, session, context.signal),
      settings,
      log,
    });
    log.info(
      {
        device: this.id,
        logToken: request.logToken,
        ports: result.ports.map(({ port, status }) => `${port} ${status}`),
      },
      'pass finished',
    );
    return result;
  }

  async read(ports: readonly PortName[] | 'all', signal: AbortSignal): Promise<readonly PortBindings[]> {
    const { open, session, settings } = this.options;
    const operations = await connect(open, session, signal);
    try {
      const state = await readSwitchState(operations, settings);
      const wanted = ports === 'all' ? boundPorts(state.bindings) : ports;
      return wanted.map((port) => {
        const effective = effectivePort(port, state.aggregates, settings.unit);
        return { port, effectivePort: effective, bindings: statementsOnSwitch(state, effective) };
      });
    } finally {
      await operations.session.close();
    }
  }
}
