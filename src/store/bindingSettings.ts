import { and, eq, inArray, sql } from 'drizzle-orm';
import type { BindingSettings } from '../domain/desired/bindingSettings';
import type { RememberedSettings } from '../domain/desired/rememberedSettings';
import type { DeviceId } from '../domain/values/device';
import type { IpAddress } from '../domain/values/ip';
import type { PortName } from '../domain/values/port';
import type { RunOnDatabase } from './engine/database';
import { addressSettings, bindingSettings, portSettings } from './settingsSchema';

/** Settings as they once were, to be read. */
export interface BindingSettingsReader {
  /** Under which settings ports were brought to their bindings; without the ports of which nothing is known. */
  of(device: DeviceId, ports: readonly PortName[]): Promise<ReadonlyMap<PortName, PortSettingsRecord>>;
}

/** Settings with what tells them apart. */
export interface KnownSettings {
  readonly digest: string;
  readonly settings: BindingSettings;
}

/** What is remembered of a port, with the settings that it speaks of. */
export interface PortSettingsRecord {
  readonly remembered: RememberedSettings;
  /** By their digests. */
  readonly settings: ReadonlyMap<string, BindingSettings>;
}

/** The settings by which bindings were made. */
export interface BindingSettingsRepository extends BindingSettingsReader {
  /**
   * From now on this is what is remembered of ports.
   * @param settings those that a pass was made under; all others that are named are kept already.
   */
  remember(device: DeviceId, ports: ReadonlyMap<PortName, RememberedSettings>, settings: KnownSettings): Promise<void>;
}

/** Settings by which bindings were made, each kept once however many ports and addresses have them. */
export function bindingSettingsRepository(run: RunOnDatabase): BindingSettingsRepository {
  return {
    async of(device, ports) {
      if (ports.length === 0) return new Map();
      const settings = { digest: bindingSettings.digest, settings: bindingSettings.settings };
      const [whole, single] = await Promise.all([
        run((db) =>
          db
            .select({ port: portSettings.port, ...settings })
            .from(portSettings)
            .innerJoin(bindingSettings, eq(portSettings.digest, bindingSettings.digest))
            .where(and(eq(portSettings.device, device), inArray(portSettings.port, [...ports]))),
        ),
        run((db) =>
          db
            .select({ port: addressSettings.port, ip: addressSettings.ip, ...settings })
            .from(addressSettings)
            .innerJoin(bindingSettings, eq(addressSettings.digest, bindingSettings.digest))
            .where(and(eq(addressSettings.device, device), inArray(addressSettings.port, [...ports]))),
        ),
      ]);
      const known = ports.flatMap((port): [PortName, PortSettingsRecord][] => {
        const ofPort = whole.find((row) => row.port === port);
        const ofAddresses = single.filter((row) => row.port === port);
        if (ofPort === undefined && ofAddresses.length === 0) return [];
        const remembered: RememberedSettings = {
          ...(ofPort === undefined ? {} : { port: ofPort.digest }),
          addresses: new Map(ofAddresses.map(({ ip, digest }): [IpAddress, string] => [ip, digest])),
        };
        const rows = [...(ofPort === undefined ? [] : [ofPort]), ...ofAddresses];
        return [[port, { remembered, settings: new Map(rows.map((row) => [row.digest, row.settings])) }]];
      });
      return new Map(known);
    },
    async remember(device, ports, { digest, settings }) {
      if (ports.size === 0) return;
      const whole = [...ports].flatMap(([port, remembered]) =>
        remembered.port === undefined ? [] : [{ device, port, digest: remembered.port }],
      );
      const single = [...ports].flatMap(([port, { addresses }]) =>
        [...addresses].map(([ip, of]) => ({ device, port, ip, digest: of })),
      );
      await run((db) =>
        db.transaction(async (tx) => {
          await tx.insert(bindingSettings).values({ digest, settings }).onConflictDoNothing();
          if (whole.length > 0)
            await tx
              .insert(portSettings)
              .values(whole)
              .onConflictDoUpdate({
                target: [portSettings.device, portSettings.port],
                set: { digest: sql`excluded.digest`, at: sql`now()` },
              });
          await tx
            .delete(addressSettings)
            .where(and(eq(addressSettings.device, device), inArray(addressSettings.port, [...ports.keys()])));
          for (let start = 0; start < single.length; start += ROWS_AT_ONCE)
            await tx.insert(addressSettings).values(single.slice(start, start + ROWS_AT_ONCE));
        }),
      );
    },
  };
}

/** PostgreSQL takes 65,535 parameters in one statement; a row has five. */
const ROWS_AT_ONCE = 5_000;
