import { expiredEntry } from '../activities/decisions/keepEntries';
import type { Store } from '../store/store';
import { PortExpiry, type PortExpiryOptions } from './portExpiry';

/** What the end of keeps needs. */
export interface KeepExpiryOptions extends PortExpiryOptions {
  readonly store: Pick<Store, 'keeps'>;
}

/** Ends keeps whose time is over, looking every minute: the binding of each waits for a person from then on. */
export class KeepExpiry extends PortExpiry {
  constructor({ store, ...options }: KeepExpiryOptions) {
    const take = async (now: Date) =>
      (await store.keeps.takeExpired(now, expiredEntry)).map(({ id, device, port, author, reason, statement }) => ({
        device,
        ports: [port],
        facts: { device, port, keep: id, author, reason, binding: statement.text },
      }));
    super(
      {
        take,
        everyMs: 60_000,
        ended: 'a keep has ended; its binding waits for a person again',
        notAskedFor: 'the port of an ended keep could not be asked for',
        notLookedFor: 'keeps that are over could not be looked for',
      },
      options,
    );
  }
}
