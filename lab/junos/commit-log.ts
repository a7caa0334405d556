import type { SwitchClock } from './clock';
import type { ConfigNode } from './config/node';

/** One entry of `show system commit`. */
export interface CommitRecord {
  readonly at: Date;
  /** The time by the switch's own clock, which is what its log shows. */
  readonly shownAt: Date;
  readonly user: string;
  readonly client: 'netconf' | 'cli' | 'other';
  readonly log: string | undefined;
  /** Minutes given with a confirmed commit. */
  readonly confirmMinutes: number | undefined;
}

interface Entry {
  readonly record: CommitRecord;
  readonly tree: ConfigNode;
  unconfirmed: boolean;
}

/** The last fifty commits, newest first (documented: <get-commit-information>). */
export class CommitLog {
  private readonly entries: Entry[];
  /** The entry the switch started with. */
  readonly first: CommitRecord;

  constructor(
    initial: ConfigNode,
    private readonly clock: SwitchClock,
  ) {
    const record: CommitRecord = {
      at: new Date(),
      shownAt: clock.now(),
      user: 'root',
      client: 'cli',
      log: undefined,
      confirmMinutes: undefined,
    };
    this.first = record;
    this.entries = [{ record, tree: initial, unconfirmed: false }];
  }

  add(tree: ConfigNode, facts: Omit<CommitRecord, 'at' | 'shownAt'>): CommitRecord {
    const record: CommitRecord = { at: new Date(), shownAt: this.clock.now(), ...facts };
    this.entries.unshift({ record, tree, unconfirmed: facts.confirmMinutes !== undefined });
    this.entries.splice(50);
    return record;
  }

  /** No entry waits for a confirmation any more. */
  confirmed(): void {
    for (const entry of this.entries) entry.unconfirmed = false;
  }

  tree(number: number): ConfigNode | undefined {
    return this.entries[number]?.tree;
  }

  at(number: number): CommitRecord | undefined {
    return this.entries[number]?.record;
  }

  all(): readonly { readonly record: CommitRecord; readonly unconfirmed: boolean }[] {
    return this.entries;
  }

  get latest(): CommitRecord | undefined {
    return this.entries[0]?.record;
  }
}
