import type { PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import type { LastOutcome } from '../../protocol/coordinator';

const REMEMBERED_OUTCOMES = 200;
const SHOWN_SUMMARY = 300;

/** The newest outcome of each port, for those who look at the coordinator; the ports that changed longest ago are forgotten first. */
export class LastOutcomes {
  private readonly last: Map<PortName, LastOutcome>;

  constructor(carried: readonly LastOutcome[] = []) {
    this.last = new Map(carried.map((outcome) => [outcome.port, outcome]));
  }

  /** @param at Unix milliseconds. */
  add({ port, status, summary, error }: PortOutcome, at: number): void {
    this.last.delete(port);
    this.last.set(port, {
      ...{ port, status, summary: summary.slice(0, SHOWN_SUMMARY), at },
      ...(error === undefined ? {} : { code: error.code }),
    });
    const oldest = this.last.keys().next();
    if (this.last.size > REMEMBERED_OUTCOMES && oldest.done !== true) this.last.delete(oldest.value);
  }

  /** Oldest first. */
  snapshot(): LastOutcome[] {
    return [...this.last.values()];
  }
}
