/** Somebody who waits until an item of theirs is durable. */
interface Asker<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Sends items in groups: while a group of a key is in flight, further items of this process for the same key gather and
 * go out together. A lone item is never delayed.
 */
export class GroupCommit<Key, Item> {
  /** Keys with a group in flight, and who waits for the next one. */
  private readonly gathering = new Map<Key, Asker<Item>[]>();

  /**
   * @param send resolves once the items are durable.
   * @param groupSize how many of the waiting items go out together; at least one.
   */
  constructor(
    private readonly send: (key: Key, items: readonly Item[]) => Promise<void>,
    private readonly groupSize: (items: readonly Item[]) => number,
  ) {}

  /** Resolves once the item is durable; rejects when the group that it was in could not be sent. */
  add(key: Key, item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      const asker = { item, resolve, reject };
      const gathering = this.gathering.get(key);
      if (gathering === undefined) {
        this.gathering.set(key, [asker]);
        void this.drain(key);
      } else {
        gathering.push(asker);
      }
    });
  }

  private async drain(key: Key): Promise<void> {
    const askers = this.gathering.get(key) ?? [];
    while (askers.length > 0) {
      const group = askers.splice(0, this.groupSize(askers.map(({ item }) => item)));
      try {
        await this.send(
          key,
          group.map(({ item }) => item),
        );
        for (const asker of group) asker.resolve();
      } catch (error) {
        for (const asker of group) asker.reject(error);
      }
    }
    this.gathering.delete(key);
  }
}
