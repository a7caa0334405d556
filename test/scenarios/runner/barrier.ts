import type { NamedSettings } from './settings';
import type { SharedSite } from './site';

interface Waiting {
  readonly settings: NamedSettings;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Restarts of the shared product: a scenario that changes the configuration waits until every other one has ended or waits
 * too; then one restart serves them all.
 */
export class RestartBarrier {
  private readonly running = new Set<string>();
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly site: () => SharedSite) {}

  begin(title: string): void {
    this.running.add(title);
  }

  end(title: string): void {
    this.running.delete(title);
    this.restartWhenAllWait();
  }

  /** Resolves when the product runs with these settings in place of those that the scenario had. */
  configure(settings: NamedSettings): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.set(settings.title, { settings, resolve, reject });
      this.restartWhenAllWait();
    });
  }

  private restartWhenAllWait(): void {
    if (this.waiting.size === 0 || this.waiting.size < this.running.size) return;
    const all = [...this.waiting.values()];
    this.waiting.clear();
    this.site()
      .restart(all.map(({ settings }) => settings))
      .then(
        () => {
          for (const { resolve } of all) resolve();
        },
        (error: unknown) => {
          for (const { reject } of all) reject(error);
        },
      );
  }
}
