import type { Section } from '../primitives/configuration/section';

/** What the product has to know of a kind of device. One folder below `src/devices` for each, named like the kind. */
export interface DeviceDriver {
  /** The part of its device ids before the colon. */
  readonly kind: string;
  /** Its section of the configuration file. */
  readonly configuration: { readonly name: string; readonly section: Section<unknown> };
}
