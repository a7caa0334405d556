import type { Bindings } from './model';

/** A restore of a port that a person asked for: what its plan showed. Nobody knows for certain whether it came to a hold. */
export interface AskedHold {
  readonly port: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** A hold as the product tells of it, its statements as the bindings that they are. */
export interface KnownHold {
  readonly id: string;
  readonly port: string;
  readonly statements: readonly string[];
  /** What its author saw to go. */
  readonly removes: readonly string[];
  readonly brought: readonly string[];
  /** Unix milliseconds: until then it holds. */
  readonly until: number;
  readonly workflowId: string;
}

interface Held {
  /** Restores of the port whose end nobody knows, by their number. */
  readonly asked: Map<number, AskedHold>;
  known?: KnownHold;
  /** A release of the known one is asked for. */
  isReleasing: boolean;
}

interface Truths {
  readonly desired: Bindings;
  readonly kept: Bindings;
  readonly arriving: Bindings;
}

/** A hold that is over may end by itself a little earlier than this machine's clock says. */
const OVER_MS = 1_000;

/**
 * What people restored and hold, as far as anybody outside of the product can know it. From the request of a restore until the
 * product has told of its hold, and from the request of its release until that is told, both what the sources want and what
 * the hold has are right; in between, the hold alone.
 */
export class HoldBook {
  private readonly ports = new Map<string, Held>();

  /** @param isKept whether a person keeps a binding: no hold takes it away. */
  constructor(private readonly isKept: (port: string, binding: string) => boolean) {}

  /** A restore is about to be asked for. */
  ask(number: number, asked: readonly AskedHold[]): void {
    for (const one of asked) {
      const held = this.ports.get(one.port) ?? { asked: new Map<number, AskedHold>(), isReleasing: false };
      held.asked.set(number, one);
      this.ports.set(one.port, held);
    }
  }

  /** The restore came to no hold of this port, or to one that is no more. */
  forget(number: number, port: string): void {
    const held = this.ports.get(port);
    held?.asked.delete(number);
    this.tidy(port);
  }

  /** Nothing goes on any more and every hold there is was told: no restore that nobody answered comes to one now. */
  settle(): void {
    for (const [port, held] of this.ports) {
      held.asked.clear();
      this.tidy(port);
    }
  }

  /** The product told of the hold that the restore came to: it took the place of every earlier one. */
  hold(number: number, known: KnownHold): void {
    const held = this.ports.get(known.port);
    if (held === undefined) return;
    held.asked.delete(number);
    if (held.known !== undefined && Number(held.known.id) > Number(known.id)) return;
    held.known = known;
    held.isReleasing = false;
  }

  releasing(port: string): void {
    const held = this.ports.get(port);
    if (held !== undefined) held.isReleasing = true;
  }

  /** The release was refused: it still holds. */
  notReleased(port: string): void {
    const held = this.ports.get(port);
    if (held !== undefined) held.isReleasing = false;
  }

  /** A hold is gone. */
  gone(id: string): void {
    for (const [port, held] of this.ports) {
      if (held.known?.id !== id) continue;
      delete held.known;
      held.isReleasing = false;
      this.tidy(port);
    }
  }

  /** Every hold that the product told of and nobody is releasing. */
  known(): KnownHold[] {
    return [...this.ports.values()].flatMap(({ known, isReleasing }) =>
      known === undefined || isReleasing ? [] : [known],
    );
  }

  /** The hold that certainly rules a port now. */
  ruling(port: string, now: number): KnownHold | undefined {
    const held = this.ports.get(port);
    const known = held?.known;
    if (known === undefined || held?.isReleasing === true || (held?.asked.size ?? 0) > 0) return undefined;
    return known.until - OVER_MS > now ? known : undefined;
  }

  /** Whether the removal of a binding may be the doing of a hold, or of its release. */
  mayRemove(port: string, binding: string): boolean {
    return this.removable(port, Date.now()).includes(binding);
  }

  /** What is true while these holds hold, or may. The truth that is given is the one without any. */
  into({ desired, kept, arriving }: Truths, now = Date.now()): Truths {
    const [wanted, stays, comes] = [new Map(desired), new Map(kept), new Map(arriving)];
    for (const [port, held] of this.ports) {
      const natural = desired.get(port) ?? [];
      const removable = this.removable(port, now);
      const there = (kept.get(port) ?? []).filter((one) => !removable.includes(one));
      const { known } = held;
      const ruling = this.ruling(port, now);
      if (ruling !== undefined) {
        wanted.set(port, sorted(ruling.statements));
        stays.set(port, sorted([...there, ...ruling.statements]));
        continue;
      }
      const explained = isEnding(held, now) ? (known?.brought ?? []).filter((one) => natural.includes(one)) : [];
      wanted.set(
        port,
        natural.filter((one) => !removable.includes(one) && known?.statements.includes(one) !== false),
      );
      stays.set(port, sorted([...there, ...explained]));
      comes.set(port, sorted([...(arriving.get(port) ?? []), ...natural, ...addable(held)]));
    }
    return { desired: wanted, kept: stays, arriving: comes };
  }

  private removable(port: string, now: number): string[] {
    const held = this.ports.get(port);
    if (held === undefined) return [];
    const { known, asked } = held;
    return [
      ...(known?.removes ?? []),
      ...(isEnding(held, now) ? (known?.brought ?? []) : []),
      ...[...asked.values()].flatMap(({ removed }) => removed),
    ].filter((binding) => !this.isKept(port, binding));
  }

  private tidy(port: string): void {
    const held = this.ports.get(port);
    if (held?.known === undefined && held?.asked.size === 0) this.ports.delete(port);
  }
}

/** Whether the sources may rule the port again already: the hold is being released, or its time is over. */
function isEnding({ known, isReleasing }: Held, now: number): boolean {
  return isReleasing || (known !== undefined && known.until - OVER_MS <= now);
}

function addable({ known, asked }: Held): string[] {
  return [...(known?.statements ?? []), ...[...asked.values()].flatMap(({ added }) => added)];
}

function sorted(bindings: readonly string[]): string[] {
  return [...new Set(bindings)].sort();
}
