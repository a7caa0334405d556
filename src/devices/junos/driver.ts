import { openSession } from '../../clients/netconf/openSession';
import { greetsBySsh } from '../../clients/netconf/sshBanner';
import type { AdditionalAddressPolicy } from '../../domain/desired/additionalAddress';
import { PortwardenError } from '../../domain/errors';
import type { PolicyFields } from '../../domain/policies/policy';
import type { DeviceId } from '../../domain/values/device';
import { defineDriver, type DeviceInspection, type DevicesOfKind, type DriverSurroundings } from '../driver';
import { panelNumberOf } from '../panelNumber';
import type { SessionProvider, SwitchAccess } from './connection';
import { SWITCH_COVERAGE } from './coverage';
import { configuredLogin, switchesSection, switchSettings, type SwitchesSettings } from './configuration';
import { inspectSwitch, renderInspection } from './doctor';
import { JunosDevice, type JunosDeviceOptions } from './junosDevice';
import { withoutUnit, withUnit } from './naming';
import { groupsRefusal } from './policies';
import { createSwitchSessions } from './sessions';
import { SwitchAddresses } from './switchAddresses';
import { DEFAULT_JUNOS_SETTINGS, type DialectName, type JunosSettings } from './settings';

/** Juniper EX and QFX switches that the panel knows; the key is the panel's number of the switch. */
export const junosDriver = defineDriver({
  kind: 'junos',
  passActivity: 'commitToSwitch',
  configuration: { name: 'switches', section: switchesSection },
  coverage: SWITCH_COVERAGE,
  longestCommitMs: ({ defaults, settings }) =>
    Math.max(...[defaults, ...settings.values()].map(({ timeouts }) => timeouts.commit)),
  panelSwitches: ({ settings }) => [...settings.keys()],
  naming: (switches, id) => {
    const { unit } = switchSettings({ switches }, switchIdOf(id));
    return { toDevice: (port) => withUnit(port, unit), toPanel: withoutUnit };
  },
  devices: (switches, surroundings) => new JunosSwitches(switches, surroundings),
});

/** The longest wait for the greeting of a switch that was away, in milliseconds. */
const GREETING_MS = 3_000;

class JunosSwitches implements DevicesOfKind {
  private readonly loginMethods = new Map<DeviceId, readonly string[]>();
  private readonly dialects = new Map<DeviceId, DialectName>();
  private readonly addresses = new SwitchAddresses();

  constructor(
    readonly switches: SwitchesSettings,
    private readonly surroundings: DriverSurroundings,
  ) {}

  open(id: DeviceId): JunosDevice {
    return new JunosDevice(this.options(id));
  }

  configuredLogin(id: DeviceId): ReturnType<DevicesOfKind['configuredLogin']> {
    return configuredLogin(this, switchIdOf(id));
  }

  additionalAddresses(id: DeviceId): AdditionalAddressPolicy {
    return switchSettings(this, switchIdOf(id)).additionalAddresses;
  }

  async inspect(id: DeviceId, signal: AbortSignal): Promise<DeviceInspection> {
    const options = this.options(id);
    const inspection = await inspectSwitch(options, signal);
    const { verifyHostKey } = switchSettings(this, switchIdOf(id));
    const warnings = verifyHostKey ? [] : ['The host key is not verified (switches[].verifyHostKey is false).'];
    const { read, lock, edit } = inspection.rights;
    const isRefused = [read, lock, edit].some((right) => right.state === 'no');
    return {
      lines: [...renderInspection(inspection, options.settings), ...warnings],
      healthy: inspection.problem === undefined && !isRefused,
    };
  }

  /** By its SSH greeting: nobody logs in, and the panel is not asked each time where the switch is. */
  async answers(id: DeviceId, signal: AbortSignal): Promise<boolean> {
    const settings = switchSettings(this, switchIdOf(id));
    const read = () => this.surroundings.panelLogin(switchIdOf(id), signal);
    const address = await this.addresses.of(settings, read);
    return address !== undefined && greetsBySsh(address, GREETING_MS, signal);
  }

  /** What else stands in the way of a policy, the port's configuration says. */
  policyRefusal(id: DeviceId, { securityGroups: names = [] }: PolicyFields): string | undefined {
    const { policies } = switchSettings(this, switchIdOf(id));
    const { securityGroups } = this.surroundings;
    return groupsRefusal({ policies, securityGroups }, names, 'it is a switch');
  }

  /** What a switch is driven with: the configuration's settings over the panel's login. */
  private options(id: DeviceId): JunosDeviceOptions {
    const { panelLogin, hostKeys, vlanNameTemplate, vlanAllowlist, securityGroups, logOf } = this.surroundings;
    const switchId = switchIdOf(id);
    const settings = switchSettings(this, switchId);
    const log = logOf(id);
    const sessions = createSwitchSessions({
      device: id,
      settings,
      panelLogin: (signal) => panelLogin(switchId, signal),
      hostKeys,
      openSession,
      loginMethods: this.loginMethods,
      log,
    });
    const expectedDialect = this.dialects.get(id);
    const junosSettings: JunosSettings = {
      dialect: settings.dialect,
      ...(expectedDialect === undefined ? {} : { expectedDialect }),
      unit: settings.unit,
      vlanNameTemplate,
      vlanAllowlist,
      elsGroup: settings.elsGroup,
      confirmedCommit: settings.confirmedCommit,
      largeChangeBindings: settings.largeChangeBindings,
      confirmTimeoutMinutes: settings.confirmTimeoutMinutes,
      history: settings.history,
      policies: settings.policies,
      securityGroups,
      resolveDelaysMs: DEFAULT_JUNOS_SETTINGS.resolveDelaysMs,
    };
    const onDialect = (dialect: DialectName): void => void this.dialects.set(id, dialect);
    const observe = this.surroundings.observerOf?.(id);
    const onClock: SwitchAccess['onClock'] = (clock) => observe?.({ clock });
    const session: SessionProvider = async (signal) => ({ ...(await sessions.session(signal)), onClock });
    return { id, settings: junosSettings, session, open: sessions.open, onDialect, log };
  }
}

/** @throws PortwardenError `device-not-configured` for a device that is not a switch of the panel. */
function switchIdOf(device: DeviceId): number {
  const switchId = panelNumberOf(device);
  if (switchId !== undefined) return switchId;
  throw new PortwardenError('device-not-configured', `${device} is not a switch of the panel`);
}
