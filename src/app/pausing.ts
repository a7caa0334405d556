import type { PauseRequest, PauseService, Resumption } from '../api/pauseRoutes';
import { concernsDevice, pauseText, type Pause } from '../domain/pauses/pause';
import { devicesInScope, scopesOf, scopeText, type Scope, type Sites } from '../domain/values/scope';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import type { Coordinators } from '../temporal/coordinators';
import { messageOf } from '../primitives/systemError';

/** What pausing needs. */
export interface PausingOptions {
  readonly store: Pick<Store, 'pauses'>;
  readonly coordinators: Pick<Coordinators, 'pausesChanged'>;
  readonly sites: Sites;
  readonly log: Log;
}

/**
 * Pauses and resumes. What counts is the row in the store: every pass reads it right before its commit. Coordinators are
 * told besides, so that events learn why they wait and what waited goes on at once; one that is not reached sees it within a minute.
 */
export function createPauseService({ store, coordinators, sites, log }: PausingOptions): PauseService {
  const tell = async (pause: Pick<Pause, 'scope' | 'devices'>): Promise<void> => {
    await coordinators
      .pausesChanged((device) => concernsDevice(pause, device, sites))
      .catch((error: unknown) => {
        log.warn(
          { scope: scopeText(pause.scope), reason: messageOf(error) },
          'coordinators could not be told of a pause',
        );
      });
  };
  return {
    active: () => store.pauses.active(new Date()),
    ended: (limit) => store.pauses.ended(limit),
    async pause({ scope, reason, author, expiresAt }: PauseRequest) {
      const devices = scope.kind === 'site' ? { devices: devicesInScope(scope, sites) ?? [] } : {};
      const pause = await store.pauses.begin(
        { scope, ...devices, reason, author, ...(expiresAt === undefined ? {} : { expiresAt }) },
        new Date(),
      );
      log.warn({ pause: pause.id, scope: scopeText(scope), author, reason, expiresAt }, `paused: ${pauseText(pause)}`);
      await tell(pause);
      return pause;
    },
    async resume(scope, { author, reason }): Promise<Resumption> {
      const ended = await store.pauses.end(scope, { by: author, reason }, new Date());
      if (ended !== undefined) {
        log.warn({ pause: ended.id, scope: scopeText(scope), author, reason }, 'resumed');
        await tell(ended);
      }
      const active = await store.pauses.active(new Date());
      return { ended: ended ?? null, still: active.filter((one) => contains(one, scope, sites)) };
    },
  };
}

/** Whether what a scope names is paused by this too. */
function contains(pause: Pause, scope: Scope, sites: Sites): boolean {
  if (pause.scope.kind === 'all') return true;
  if (!('device' in scope)) return scopeText(pause.scope) === scopeText(scope);
  const wider = scopesOf(scope, sites).map(scopeText);
  return (
    wider.includes(scopeText(pause.scope)) ||
    (pause.scope.kind === 'site' && concernsDevice(pause, scope.device, sites))
  );
}

const EVERY_MS = 5_000;

/** Ends pauses whose time is over, and has what waited go on. A pass knows by itself which pauses are in force. Several processes may do it. */
export class PauseExpiry {
  private readonly repeated: RepeatedWork;

  /** @param everyMs from the end of one look to the next. */
  constructor(
    private readonly options: PausingOptions,
    everyMs = EVERY_MS,
  ) {
    this.repeated = new RepeatedWork(() => this.look(), everyMs, 0);
  }

  /** Ends it, after the look that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  /** Never throws: what could not be done is done at the next look. */
  private async look(): Promise<void> {
    const { store, coordinators, sites, log } = this.options;
    try {
      for (const pause of await store.pauses.takeExpired(new Date())) {
        log.warn(
          { pause: pause.id, scope: scopeText(pause.scope) },
          'the time of a pause is over; what waited goes on',
        );
        await coordinators.pausesChanged((device) => concernsDevice(pause, device, sites));
      }
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'pauses whose time is over could not be looked for');
    }
  }
}
