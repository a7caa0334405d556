import { PortwardenError } from '../../domain/errors';
import type { Admission, StoreFound } from '../../store/installation';

/** Everything outside the store that remembers an installation. */
export interface Memory {
  /** `store.installation` of the configuration. */
  readonly pinned?: string | undefined;
  /** The record in the data directory. */
  readonly record?: { readonly file: string; readonly installation: string; readonly since: string } | undefined;
  /** The Temporal namespace as it is now. Absent where it may not be described. */
  readonly namespace?:
    { readonly name: string; readonly id: string; readonly installation?: string | undefined } | undefined;
  /** Ids whose loss an operator accepted. */
  readonly accepted: ReadonlySet<string>;
}

/** A store that may be used, and what that means. */
export interface Verdict extends Admission {
  /** `new`: a first start, or one that goes on without an accepted loss. `adopted`: of a release that gave no ids. */
  readonly origin: 'new' | 'adopted' | 'known';
  /** Accepted losses that were needed. */
  readonly givenUp: readonly string[];
}

/**
 * Decides whether a store is the one that this installation had, or may be a new one, and whether Temporal is the one
 * that the store knows. Nobody remembering anything makes a first start; a memory that nothing answers to is a loss.
 * @param store the store in words, for the messages
 * @throws PortwardenError `store-lost` or `temporal-lost`
 */
export function judge(found: StoreFound, memory: Memory, store: string, newId: () => string): Verdict {
  const { accepted, namespace } = memory;
  const givenUp = new Set<string>();
  const missed = (id: string): boolean => {
    if (accepted.has(id)) givenUp.add(id);
    return !accepted.has(id);
  };
  const holds =
    found.state === 'known'
      ? `is of installation ${found.installation}`
      : found.state === 'empty'
        ? 'is empty'
        : 'belongs to no known installation';
  const own = found.state === 'known' ? found.installation : undefined;
  if (memory.pinned !== undefined && memory.pinned !== own) {
    throw lost(
      'store-lost',
      memory.pinned,
      `${store} ${holds}, but store.installation says that it is of installation ${memory.pinned}. A loss is accepted by changing or removing that option, and as below`,
    );
  }
  if (memory.record !== undefined && memory.record.installation !== own && missed(memory.record.installation)) {
    const { installation, since, file } = memory.record;
    throw lost(
      'store-lost',
      installation,
      `${store} ${holds}, but ${file} says that there has been the store of installation ${installation} since ${since}`,
    );
  }
  if (
    found.state === 'known' &&
    found.namespace !== undefined &&
    namespace !== undefined &&
    found.namespace !== namespace.id &&
    missed(found.namespace)
  ) {
    throw lost(
      'temporal-lost',
      found.namespace,
      `the Temporal namespace ${namespace.name} has the id ${namespace.id}, but ${store} says that its work is in the one with the id ${found.namespace}`,
    );
  }
  if (namespace?.installation !== undefined && namespace.installation !== own && missed(namespace.installation)) {
    throw lost(
      'store-lost',
      namespace.installation,
      `${store} ${holds}, but the Temporal namespace ${namespace.name} has the work of installation ${namespace.installation}`,
    );
  }
  return {
    installation: own ?? newId(),
    ...(namespace === undefined ? {} : { namespace: namespace.id }),
    origin: own !== undefined ? 'known' : found.state === 'unmarked' ? 'adopted' : 'new',
    givenUp: [...givenUp],
  };
}

/** The error that names what is gone, and the id by which its loss can be accepted. */
export function lost(code: 'store-lost' | 'temporal-lost', id: string, what: string): PortwardenError {
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  return new PortwardenError(code, `${sentence}. To go on without it: portwarden store accept-loss ${id}`, {
    details: { id },
  });
}
