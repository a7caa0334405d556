import { overEntry } from '../activities/holds/holdEntries';
import type { Store } from '../store/store';
import { PortExpiry, type PortExpiryOptions } from './portExpiry';

/** What the end of holds needs. */
export interface HoldExpiryOptions extends PortExpiryOptions {
  readonly store: Pick<Store, 'holds'>;
}

/**
 * Says of holds whose time is over that it is, looking every half minute: what the sources want instead waits for a person from
 * then on.
 */
export class HoldExpiry extends PortExpiry {
  constructor({ store, ...options }: HoldExpiryOptions) {
    const take = async (now: Date) =>
      (await store.holds.takeOver(now, overEntry)).map(({ id, device, port, askedAs, author, reason }) => ({
        device,
        ports: askedAs,
        facts: { device, port, hold: id, author, reason },
      }));
    super(
      {
        take,
        everyMs: 30_000,
        ended: 'the time of a hold is over; what the sources want instead waits for a person',
        notAskedFor: 'the port of a hold that is over could not be asked for',
        notLookedFor: 'holds whose time is over could not be looked for',
      },
      options,
    );
  }
}
