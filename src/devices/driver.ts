/** What the product has to know of a kind of device. One folder below `src/devices` for each, named like the kind. */
export interface DeviceDriver {
  /** The part of its device ids before the colon. */
  readonly kind: string;
}
