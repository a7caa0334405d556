/**
 * What signals say, in the order in which they came, until it is taken in. How many have come at some moment is not the same in a
 * replay; what is, is how many had come by then as a local activity recorded it. So they are taken in by that number and by nothing else.
 */
export class Inbox<Said> {
  private readonly said: Said[] = [];
  private taken = 0;

  /** @param until waits until something holds; it is looked at again with each signal. */
  constructor(private readonly until: (holds: () => boolean) => Promise<void>) {}

  /** How many signals this run got. */
  get received(): number {
    return this.taken + this.said.length;
  }

  /** Whether all of them are taken in. */
  get isEmpty(): boolean {
    return this.said.length === 0;
  }

  /** What is not taken in yet. */
  get waiting(): readonly Said[] {
    return this.said;
  }

  /** A signal came. */
  put(said: Said): void {
    this.said.push(said);
  }

  /**
   * Takes out what the first signals of this run say, as many as were recorded. In a replay they may come later than they did, together with
   * the result that has their number at the latest: without waiting for them, a coordinator would go on without what it had.
   */
  async upTo(recorded: number): Promise<readonly Said[]> {
    await this.until(() => this.received >= recorded);
    const some = this.said.splice(0, recorded - this.taken);
    this.taken += some.length;
    return some;
  }

  /** Takes out all: for the input of the next run, which has no part in what this one does. */
  rest(): readonly Said[] {
    this.taken += this.said.length;
    return this.said.splice(0);
  }
}
