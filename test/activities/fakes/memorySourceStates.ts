import type { SourceState, SourceSubject } from '../../../src/domain/alarms/sourceState';
import type { SourceStateRepository } from '../../../src/store/sourceStates';

/** What answers of sources said, in memory. */
export class MemorySourceStates implements SourceStateRepository {
  private readonly states = new Map<string, SourceState>();

  put: SourceStateRepository['put'] = async (state) => {
    const before: SourceState = this.states.get(keyOf(state.subject)) ?? { subject: state.subject };
    const isNewer = (clock: SourceState['clock']): boolean =>
      clock !== undefined && clock.at >= (before.clock?.at ?? '');
    const after = {
      subject: state.subject,
      acceptedAt: newest(before.acceptedAt, state.acceptedAt),
      refusedAt: newest(before.refusedAt, state.refusedAt),
      forbiddenAt: newest(before.forbiddenAt, state.forbiddenAt),
      clock: isNewer(state.clock) ? state.clock : before.clock,
    };
    const known = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== undefined));
    this.states.set(keyOf(state.subject), { subject: state.subject, ...known });
  };

  list: SourceStateRepository['list'] = async () => [...this.states.values()];

  forget: SourceStateRepository['forget'] = async (subject) => void this.states.delete(keyOf(subject));
}

function keyOf(subject: SourceSubject): string {
  return 'device' in subject ? `device ${subject.device}` : `name ${subject.name}`;
}

/** ISO 8601 in UTC sorts as text. */
function newest(one = '', other = ''): string | undefined {
  return (one > other ? one : other) || undefined;
}
