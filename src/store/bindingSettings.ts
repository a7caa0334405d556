import { and, eq, inArray, sql } from 'drizzle-orm';
import type { BindingSettings } from '../domain/desired/bindingSettings';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import type { RunOnDatabase } from './engine/database';
import { bindingSettings, portSettings } from './schema';

/** Settings as they once were, to be read. */
export interface BindingSettingsReader {
  /** The settings under which ports were last brought to their bindings; without those of which none are known. */
  of(device: DeviceId, ports: readonly PortName[]): Promise<ReadonlyMap<PortName, KnownSettings>>;
}

/** Settings with what tells them apart. */
export interface KnownSettings {
  readonly digest: string;
  readonly settings: BindingSettings;
}

/** The settings by which bindings were made. */
export interface BindingSettingsRepository extends BindingSettingsReader {
  /** From now on these are the settings of the ports. */
  accept(device: DeviceId, ports: readonly PortName[], settings: KnownSettings): Promise<void>;
}

/** Settings by which bindings were made, each kept once however many ports have them. */
export function bindingSettingsRepository(run: RunOnDatabase): BindingSettingsRepository {
  return {
    async of(device, ports) {
      if (ports.length === 0) return new Map();
      const rows = await run((db) =>
        db
          .select({ port: portSettings.port, digest: bindingSettings.digest, settings: bindingSettings.settings })
          .from(portSettings)
          .innerJoin(bindingSettings, eq(portSettings.digest, bindingSettings.digest))
          .where(and(eq(portSettings.device, device), inArray(portSettings.port, [...ports]))),
      );
      return new Map(rows.map(({ port, digest, settings }) => [port, { digest, settings }]));
    },
    async accept(device, ports, { digest, settings }) {
      if (ports.length === 0) return;
      await run((db) =>
        db.transaction(async (tx) => {
          await tx.insert(bindingSettings).values({ digest, settings }).onConflictDoNothing();
          await tx
            .insert(portSettings)
            .values(ports.map((port) => ({ device, port, digest })))
            .onConflictDoUpdate({
              target: [portSettings.device, portSettings.port],
              set: { digest, at: sql`now()` },
            });
        }),
      );
    },
  };
}
