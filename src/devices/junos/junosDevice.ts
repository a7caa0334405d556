import type { DeviceId } from '../../domain/values/device';
import { isDeepStrictEqual } from 'node:util';
import type { OpenSession } from '../../clients/netconf/session';
import {
  bindingsOfAll,
  type ChangeContext,
  type ChangeSession,
  type Device,
  type DeviceState,
  type OriginOf,
  type ReadConfiguration,
  type Reading,
  type StatementsOfPort,
} from '../device';
import type { DropReading } from '../../domain/dropEvidence';
import { PortwardenError } from '../../domain/errors';
import { readDropCounters } from './dropCounters';
import { JunosChange } from './changeSession';
import { connect, type SessionProvider } from './connection';
import { JunosState } from './junosState';
import { searchOrigins } from './origins';
import { redactConfiguration } from './redactConfiguration';
import type { Operations } from './operations';
import type { DialectName, JunosLog, JunosSettings } from './settings';
import { readSwitchState } from './switchState';

/** What a Junos switch is driven with. */
export interface JunosDeviceOptions {
  readonly id: DeviceId;
  /** Called each time a session is opened, so that credentials live no longer than that. */
  readonly session: SessionProvider;
  readonly settings: JunosSettings;
  readonly open: OpenSession;
  /** Told the dialect that the switch was found to have. */
  readonly onDialect?: (dialect: DialectName) => void;
  readonly log: JunosLog;
}

/** A Juniper EX or QFX switch, or any NETCONF server with the same configuration hierarchy. */
export class JunosDevice implements Device {
  readonly id: DeviceId;

  constructor(private readonly options: JunosDeviceOptions) {
    this.id = options.id;
  }

  async readState(signal: AbortSignal, reading: Reading = {}): Promise<DeviceState> {
    const { withPolicies = false, withClock = false } = reading;
    const { open, session, settings, log } = this.options;
    const operations = await connect(open, session, signal);
    try {
      const state = await readSwitchState(operations, settings, withPolicies);
      if (withClock) await tellClock(operations, log);
      return new JunosState(state, settings);
    } finally {
      await operations.session.close();
    }
  }

  beginChange(context: ChangeContext): Promise<ChangeSession> {
    const { open, session, settings, log, onDialect } = this.options;
    return JunosChange.begin(context, {
      connect: () => connect(open, session, context.signal),
      settings,
      log,
      ...(onDialect === undefined ? {} : { onDialect }),
    });
  }

  async origins(wanted: readonly StatementsOfPort[], signal: AbortSignal): Promise<OriginOf | undefined> {
    const { open, session, settings } = this.options;
    const operations = await connect(open, session, signal);
    try {
      return await searchOrigins(operations, wanted, settings);
    } finally {
      await operations.session.close();
    }
  }

  /** Text and bindings are two readings: only when the bindings are the same before and after are they those of the text. */
  async readConfiguration(signal: AbortSignal): Promise<ReadConfiguration> {
    const { open, session, settings, log } = this.options;
    const operations = await connect(open, session, signal);
    const read = async () =>
      bindingsOfAll(new JunosState(await readSwitchState(operations, settings, false), settings));
    try {
      const before = await read();
      const text = await operations.readWhole();
      await tellClock(operations, log);
      return { text, ...(isDeepStrictEqual(before, await read()) ? { bindings: before } : {}) };
    } finally {
      await operations.session.close();
    }
  }

  async dropCounters(signal: AbortSignal): Promise<DropReading> {
    const { open, session, settings } = this.options;
    const operations = await connect(open, session, signal);
    try {
      return await readDropCounters({ command: operations.command?.bind(operations) }, settings.unit);
    } finally {
      await operations.session.close();
    }
  }

  redact(configuration: string): string {
    return redactConfiguration(configuration);
  }
}

/** Has the switch's clock told. A switch that does not say it, or not any more, was read all the same. */
async function tellClock(operations: Operations, log: JunosLog): Promise<void> {
  try {
    await operations.clock();
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    log.warn({ code: error.code }, 'the clock of a switch could not be read');
  }
}
