/** How many deliveries may be under way. */
export interface DeliveryLimits {
  /** To one endpoint at once. */
  readonly atOnce: number;
  /** To one endpoint, those that wait for their next try among them: each is a running workflow. */
  readonly mostOpen: number;
  /** From one new delivery to the next while an endpoint takes nothing, in milliseconds. */
  readonly probeEveryMs: number;
}

/** How an endpoint stands. Times in Unix milliseconds. */
export interface EndpointLoad {
  /** It answered with 410, and was not heard of since. */
  readonly isDisabled: boolean;
  /** Its last try failed. */
  readonly isFailing: boolean;
  readonly lastTryAt?: number;
  /** Deliveries that are being tried now. */
  readonly active: number;
  /** Deliveries that wait for their next try. */
  readonly waiting: number;
}

/**
 * How many deliveries may begin, or be tried again before their time, at an endpoint. What may not waits in the store: ten thousand
 * changed ports are never ten thousand running workflows, and an endpoint that takes nothing is asked with one at a time.
 */
export function admitted(load: EndpointLoad, limits: DeliveryLimits, now: number): number {
  const { isDisabled, isFailing, lastTryAt, active, waiting } = load;
  if (isDisabled) return 0;
  const open = Math.max(limits.mostOpen - active - waiting, 0);
  if (!isFailing) return Math.min(Math.max(limits.atOnce - active, 0), open);
  const isDue = lastTryAt === undefined || now - lastTryAt >= limits.probeEveryMs;
  return active === 0 && isDue ? Math.min(1, open) : 0;
}
