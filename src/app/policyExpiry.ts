import { describeFields } from '../domain/policies/changeWords';
import { scopeKey } from '../domain/policies/policy';
import type { StoredPolicy } from '../domain/policies/storedPolicy';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import type { PolicyService } from '../temporal/policies';
import { messageOf } from '../primitives/systemError';

/** What the end of policies needs. */
export interface PolicyExpiryOptions {
  readonly store: { readonly policies: Pick<Store['policies'], 'announce' | 'over'> };
  readonly service: Pick<PolicyService, 'end'>;
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. Default five seconds. */
  readonly everyMs?: number;
}

const EVERY_MS = 5_000;
const AT_ONCE = 100;

/**
 * Ends port policies whose time is over: starts the workflow that records it and has every port concerned restored. A
 * policy stays in the store until that workflow recorded its end, and a version has one such workflow: a process that dies
 * in between loses nothing, and several processes end each policy once. Says an hour ahead what is going to end.
 */
export class PolicyExpiry {
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: PolicyExpiryOptions) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? EVERY_MS, 0);
  }

  /** Ends it, after the look that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  /** Never throws: what could not be done is done at the next look. */
  private async look(): Promise<void> {
    const { store, service, log } = this.options;
    try {
      const now = new Date();
      for (const policy of await store.policies.announce(now))
        log.warn(factsOf(policy), 'a port policy ends within the hour; its ports are restored then');
      for (const policy of await store.policies.over(now, AT_ONCE)) {
        await service.end({ scope: policy.scope, version: policy.version });
        log.info(factsOf(policy), 'the time of a port policy is over; its ports are being restored');
      }
    } catch (error) {
      const reason = messageOf(error);
      log.warn({ reason }, 'port policies whose time is over could not be ended; the next look does it');
    }
  }
}

function factsOf(policy: StoredPolicy): object {
  const { scope, version, author, reason, expiresAt } = policy;
  return { policy: scopeKey(scope), version, says: describeFields(policy), author, reason, expiresAt };
}
