/** An answer that has the right JSON shape but a value that cannot be what it should be. */
export class UnreadableValue extends Error {
  /** @param path where in the answer, such as `ipassignments.0.ip`. @param rule what the value must be. */
  constructor(
    readonly path: string,
    readonly rule: string,
  ) {
    super(`${path} ${rule}`);
    this.name = 'UnreadableValue';
  }
}
