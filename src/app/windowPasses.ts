import type { WindowExceptionService } from '../api/windowRoutes';
import { exceptionText } from '../domain/windows/windowException';
import type { PausingOptions } from './pausing';
import type { Store } from '../store/store';
import { messageOf } from '../primitives/systemError';

/** On whose behalf the journal says that something was let pass. */
const BY_A_PERSON = 'window-exception';

/**
 * Lets ports pass closed change windows once. What counts is the row in the store, which coordinators and passes read; the coordinator is told
 * besides, and sees it within a minute where that is lost.
 */
export function createWindowExceptions({
  store,
  coordinators,
  log,
}: Omit<PausingOptions, 'store' | 'sites'> & {
  readonly store: Pick<Store, 'windowExceptions'>;
}): WindowExceptionService {
  return {
    active: () => store.windowExceptions.active(new Date()),
    async grant(asked) {
      const granted = await store.windowExceptions.grant(asked, BY_A_PERSON, new Date());
      const { device, port, author, reason } = granted;
      log.warn({ device, port, author, reason }, exceptionText(granted));
      await coordinators
        .pausesChanged((one) => one === device)
        .catch((error: unknown) => {
          const cause = messageOf(error);
          log.warn({ device, port, reason: cause }, 'a coordinator could not be told of an exception from its window');
        });
      return granted;
    },
  };
}
