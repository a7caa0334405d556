import type { DeviceId } from '../../domain/values/device';
import type { OpenSession } from '../../clients/netconf/session';
import type { ChangeContext, ChangeSession, Device, DeviceState, Reading } from '../device';
import { JunosChange } from './changeSession';
import { connect, type SessionProvider } from './connection';
import { JunosState } from './junosState';
import { redactConfiguration } from './redactConfiguration';
import type { JunosLog, JunosSettings } from './settings';
import { readSwitchState } from './switchState';

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

  async readState(signal: AbortSignal, { withPolicies = false }: Reading = {}): Promise<DeviceState> {
    const { open, session, settings } = this.options;
    const operations = await connect(open, session, signal);
    try {
      return new JunosState(await readSwitchState(operations, settings, withPolicies), settings);
    } finally {
      await operations.session.close();
    }
  }

  beginChange(context: ChangeContext): Promise<ChangeSession> {
    const { open, session, settings, log } = this.options;
    return JunosChange.begin(context, { connect: () => connect(open, session, context.signal), settings, log });
  }

  redact(configuration: string): string {
    return redactConfiguration(configuration);
  }
}
