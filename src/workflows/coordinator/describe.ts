import type { ErrorReport } from '../../domain/errors';
import type { CoordinatorState } from '../../protocol/coordinator';

const SHOWN = 20;

/** The coordinator's state as markdown, for the details that the Temporal UI shows. */
export function describeCoordinator(state: CoordinatorState): string {
  const lines = [headline(state)];
  if (state.deviceError !== undefined) {
    lines.push(
      '',
      `**The device keeps everybody waiting**: ${state.deviceError.code}: ${state.deviceError.message} ${state.deviceError.remedy}`,
    );
  }
  for (const { ports, reason, until } of state.deferrals.slice(0, SHOWN)) {
    const what = ports === undefined ? 'Nothing is changed on the device' : `Nothing is changed on ${ports.join(', ')}`;
    lines.push('', `**${what}** ${until === undefined ? 'until a person ends it' : `until ${until}`}: ${reason}`);
  }
  if (state.pending.length > 0) {
    lines.push('', `**Waiting ports** (${state.pending.length}):`, '');
    for (const port of state.pending.slice(0, SHOWN)) {
      const until = port.waitingUntil === undefined ? 'its turn' : `until ${port.waitingUntil}`;
      const why = port.reason === undefined ? '' : `, because ${port.reason}`;
      lines.push(`- \`${port.port}\` since ${port.since}, ${until}, ${port.waiters} event(s)${why}`);
    }
  }
  if (state.lastOutcomes.length > 0) {
    lines.push('', '**Last outcomes**:', '');
    for (const outcome of state.lastOutcomes.slice(-SHOWN).reverse()) {
      lines.push(`- \`${outcome.port}\` ${outcome.status} at ${outcome.at}: ${outcome.summary}`);
    }
  }
  return lines.join('\n');
}

function headline(state: CoordinatorState): string {
  if (state.running !== undefined) {
    return `Batch ${state.running.batch}: ${state.running.step} (${state.running.ports.slice(0, SHOWN).join(', ')})`;
  }
  return state.pending.length === 0 ? 'Idle' : 'Waiting';
}

/** What those who wait for a deferred port are told. @param until Unix milliseconds. */
export function deferredText(
  { code, message }: Pick<ErrorReport, 'code' | 'message'>,
  until: number | undefined,
): string {
  const end = until === undefined ? 'until a person ends that' : `until ${new Date(until).toISOString()}`;
  return `Waiting ${end}: ${code}: ${message}`;
}
