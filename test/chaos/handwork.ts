import { setTimeout as sleep } from 'node:timers/promises';
import { portKey, splitKey } from './model';
import type { Random } from './random';
import { ACCESS_PORTS, NODES, RANGES, SWITCHES } from './scenario';
import type { SwitchWatch } from './switchWatch';
import { vlanName, type TruthHistory } from './truth';

const TRIES = 10;
const PAUSE_MS = 300;

/** What people do on the switches by themselves, at ports that portwarden keeps. */
export class Handwork {
  private next = 1;

  constructor(
    private readonly random: Random,
    private readonly watches: readonly SwitchWatch[],
    private readonly history: TruthHistory,
    /** Makes portwarden look at the servers of a port. */
    private readonly lookAt: (port: string) => void,
  ) {}

  /** Does one thing. @returns what, for the run's log. */
  act(): Promise<string> {
    const { random } = this;
    return random.weighted<() => Promise<string>>([
      [5, () => this.add()],
      [1, () => this.takeAway()],
      [2, () => this.takeAwayDesired()],
    ])();
  }

  /** A virtual IP, a router, a neighbour's machine: an address that the panel knows nothing of. */
  private async add(): Promise<string> {
    const port = this.pickPort();
    const number = this.next++;
    const { vlan, prefix } = this.random.pick(RANGES.filter((range) => range.vlan !== 66));
    const binding = `${prefix}${200 + number} 00:00:5e:00:01:${number.toString(16).padStart(2, '0')} ${vlanName(port, vlan)}`;
    const isDone = await this.commit(
      port,
      (watch) => watch.commitByHand([[port, binding]]),
      () => {
        this.history.ledger.addByHand(port, binding);
      },
    );
    if (isDone && this.random.chance(0.7)) this.lookAt(port);
    return `${isDone ? 'by hand' : 'nobody could bind'}: ${binding} at ${port}`;
  }

  private async takeAway(): Promise<string> {
    const port = this.pickPort();
    const [binding] = this.history.ledger.handMade(port).filter((one) => this.present(port).includes(one));
    if (binding === undefined) return this.add();
    const isDone = await this.commit(
      port,
      (watch) => watch.commitByHand([], [[port, binding]]),
      () => {
        // What a person keeps comes back, and is as much kept as before.
        if (!this.history.ledger.isAdopted(port, binding)) this.history.ledger.releaseByHand(port, binding);
      },
    );
    return `${isDone ? 'taken away by hand' : 'nobody could take away'}: ${binding} at ${port}`;
  }

  /** Somebody errs: the customer's address is to be bound again at the next look. */
  private async takeAwayDesired(): Promise<string> {
    const port = this.pickPort();
    const byHand = this.history.ledger.handMade(port);
    const candidates = this.present(port).filter((one) => !byHand.includes(one));
    if (candidates.length === 0) return this.add();
    const binding = this.random.pick(candidates);
    const isDone = await this.commit(
      port,
      (watch) => watch.commitByHand([], [[port, binding]]),
      () => undefined,
    );
    if (isDone) this.lookAt(port);
    return `${isDone ? 'taken away by mistake' : 'nobody could take away'}: ${binding} at ${port}`;
  }

  private pickPort(): string {
    const ports = [
      ...[SWITCHES.access, SWITCHES.els].flatMap((id) =>
        ACCESS_PORTS.slice(0, 4).map((number) => portKey(id, `ge-0/0/${number}.0`)),
      ),
      ...NODES.map((_, index) => portKey(SWITCHES.uplinks, `ae${index}.0`)),
    ];
    return this.random.pick(ports);
  }

  private present(port: string): readonly string[] {
    return this.watch(port)?.bindings().get(port) ?? [];
  }

  private watch(port: string): SwitchWatch | undefined {
    return this.watches.find(({ id }) => id === splitKey(port).switchId);
  }

  /** Switch and truth change in one go: no commit can lie between. */
  private async commit(port: string, work: (watch: SwitchWatch) => boolean, change: () => void): Promise<boolean> {
    const watch = this.watch(port);
    for (let tries = 0; watch !== undefined && tries < TRIES; tries += 1) {
      if (work(watch)) {
        this.history.change(change);
        return true;
      }
      await sleep(PAUSE_MS);
    }
    return false;
  }
}
