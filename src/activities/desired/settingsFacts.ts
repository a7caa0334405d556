import {
  changedSettings,
  settingsChanges,
  type BindingSettings,
  type SettingsChange,
  type SettingsResult,
} from '../../domain/desired/bindingSettings';
import { formerSettings, isNews, NO_SETTINGS } from '../../domain/desired/rememberedSettings';
import type { KnownSettings, PortSettingsRecord } from '../../store/bindingSettings';

/** The settings that decide about the bindings of a port, beside those under which its addresses were brought to them. */
export interface SettingsFacts {
  readonly digest: string;
  /** Whether some of the port was last brought to its bindings under others, or it never was. */
  readonly isNews: boolean;
  /** What the difference alone does. */
  readonly changes: readonly SettingsChange[];
  /** The settings that differ and do it. */
  readonly names: readonly string[];
}

/**
 * Finds out what a change of settings alone does to a port: each address under the settings that made its binding, and
 * under the present ones.
 * @param under what the facts that were read lead to under other settings.
 */
export async function settingsFacts(
  record: PortSettingsRecord | undefined,
  present: KnownSettings,
  now: SettingsResult,
  under: (settings: BindingSettings) => Promise<SettingsResult>,
): Promise<SettingsFacts> {
  const { digest } = present;
  const remembered = record?.remembered ?? NO_SETTINGS;
  const former = new Map<string, SettingsResult>();
  for (const one of formerSettings(remembered, digest)) {
    const settings = record?.settings.get(one);
    if (settings !== undefined) former.set(one, await under(settings));
  }
  const found = settingsChanges(remembered, former, now);
  const names = [...new Set(found.map((change) => change.former))].flatMap((one) => {
    const settings = record?.settings.get(one);
    return settings === undefined ? [] : changedSettings(settings, present.settings);
  });
  return {
    digest,
    isNews: isNews(remembered, digest),
    changes: found.map(({ ip, before }) => ({ ip, ...(before === undefined ? {} : { before }) })),
    names: [...new Set(names)],
  };
}
