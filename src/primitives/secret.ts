import { inspect } from 'node:util';
import { PortwardenError } from '../domain/errors';

/**
 * A password, token or key. Printing, inspecting or serialising it shows `[secret]`; the value is had by
 * {@link Secret.reveal} only, so it cannot end up in a log, an error or a workflow history by accident.
 */
export class Secret {
  /** The variable or file that the value came from, for messages. */
  readonly origin: string;
  readonly #value: string | undefined;

  constructor(value: string | undefined, origin: string) {
    this.#value = value;
    this.origin = origin;
  }

  /** A secret that this process was not given because its role does not need it. */
  static missing(origin: string): Secret {
    return new Secret(undefined, origin);
  }

  /** Whether there is a value. */
  get present(): boolean {
    return this.#value !== undefined;
  }

  /**
   * The value itself. Hand it to the client that needs it and nowhere else.
   * @throws PortwardenError `invalid-configuration` when this process was not given the value.
   */
  reveal(): string {
    if (this.#value === undefined) throw new PortwardenError('invalid-configuration', `${this.origin} is not set`);
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
