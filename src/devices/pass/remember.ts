import { isDeepStrictEqual } from 'node:util';
import {
  isForgotten,
  memoryMeanwhile,
  NO_MEMORY,
  type PortMemory,
  type PortMemoryChange,
  type ProvenPort,
} from '../../domain/policies/portMemory';
import type { PortName } from '../../domain/values/port';
import type { DeviceState } from '../device';
import { everythingOn } from '../policyCarrier';
import type { PortWork } from './portWork';

type Changes = readonly PortMemoryChange<PortName>[];

/** What has to be remembered before these ports are changed, as far as it is not: whatever becomes of the change, nothing that it takes is lost. */
export function memoriesBefore(work: readonly PortWork[]): Changes {
  return work.flatMap(({ port, policy }): Changes => {
    if (policy === undefined) return [];
    const memory = memoryMeanwhile(policy.before ?? NO_MEMORY, policy.after);
    return isDeepStrictEqual(memory, policy.before ?? NO_MEMORY) ? [] : [{ port, memory }];
  });
}

/** What is to be remembered of ports that are as planned, as far as it is not. */
export function memoriesAfter(work: readonly PortWork[], state: DeviceState): Changes {
  return work.flatMap(({ port, policy }): Changes => {
    if (policy === undefined || policy.isMissing) return [];
    const { before, after, isConcerned } = policy;
    const memory = isConcerned || !isForgotten(after) ? { ...after, ...provenOf(port, state, before) } : undefined;
    return isDeepStrictEqual(memory, before) ? [] : [{ port, memory }];
  });
}

/** A state that differs by its mark alone is the same: something else of the port was changed. */
function provenOf(port: PortName, state: DeviceState, before: PortMemory | undefined): Pick<PortMemory, 'proven'> {
  const statements = everythingOn(state, port)
    .map(({ key, text }) => ({ key, text }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const keysOf = (one: ProvenPort['statements']): readonly string[] => one.map(({ key }) => key);
  if (before?.proven !== undefined && isDeepStrictEqual(keysOf(before.proven.statements), keysOf(statements)))
    return { proven: before.proven };
  const mark = state.policies?.mark?.(port);
  return { proven: { statements, ...(mark === undefined ? {} : { mark }) } };
}
