/**
 * The time by which a coordinator decides, in Unix milliseconds. Only what the history holds moves it: times that a local
 * activity recorded, and timers that fired. So it is the same in every replay, never ahead of the workflow's time, and
 * behind it by what has happened since.
 */
export class RecordedClock {
  private time: number;
  private behind = 0;

  /** @param startedAt when the run started. */
  constructor(startedAt: number) {
    this.time = startedAt;
  }

  get now(): number {
    return this.time;
  }

  /** A time that was recorded. An earlier one than is known already changes nothing: workers' clocks differ. */
  record(at: number): void {
    this.time = Math.max(this.time, at);
  }

  /** A timer over so many milliseconds fired. */
  passed(ms: number): void {
    this.time += ms;
  }

  /** For {@link shown}: what time it is for people. */
  compare(shownNow: number): void {
    this.behind = Math.max(shownNow - this.time, 0);
  }

  /** A time of this clock as people see it: for texts only. */
  shown(time: number): string {
    return new Date(time + this.behind).toISOString();
  }
}
