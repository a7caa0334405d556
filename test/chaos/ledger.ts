import { HoldBook } from './holdBook';

/**
 * What is true though neither panel nor hypervisor nor the present configuration says so: bindings that people put on a
 * port by hand, what a server left behind of whose end nobody was told, or whose guest still runs, and what people said.
 */
export class Ledger {
  private readonly byHand = new Map<string, string>();
  private readonly adopted = new Set<string>();
  private readonly approved = new Set<string>();
  private readonly leftBehind = new Map<
    string,
    { readonly serverId: number; readonly port: string; readonly binding: string }
  >();
  /** Addresses that the panel gave to another server, or took back, and told nobody. */
  readonly disputed = new Set<string>();
  /** Addresses whose MAC a person, or a panel that went back in time, may have changed. */
  readonly otherMac = new Set<string>();
  /** What people restored from backups, and hold. */
  readonly holds = new HoldBook((port, binding) => this.isAdopted(port, binding));
  /** Virtual MACs that persons took away, from the moment on at which they asked for it: what is bound to one may go. */
  readonly revokedMacs = new Set<string>();

  addByHand(port: string, binding: string): void {
    this.byHand.set(`${port} ${binding}`, port);
  }

  /** Whoever put it there took it away, or approved that portwarden does. */
  releaseByHand(port: string, binding: string): void {
    this.byHand.delete(`${port} ${binding}`);
  }

  /** A person keeps it: it may come back whoever takes it away, and nobody need be told of it any more. */
  adopt(port: string, binding: string): void {
    this.adopted.add(`${port} ${binding}`);
  }

  isAdopted(port: string, binding: string): boolean {
    return this.adopted.has(`${port} ${binding}`);
  }

  /** What a person who restores the port sees to go is as good as theirs to remove. */
  isByHand(port: string, binding: string): boolean {
    return this.byHand.has(`${port} ${binding}`) && !this.holds.mayRemove(port, binding);
  }

  /** What people put on a port. */
  handMade(port: string): string[] {
    return [...this.byHand].flatMap(([key, at]) => (at === port ? [key.slice(port.length + 1)] : []));
  }

  /** A person approves that it goes, though it was let through under an earlier configuration. */
  approve(port: string, binding: string): void {
    this.approved.add(`${port} ${binding}`);
  }

  isApproved(port: string, binding: string): boolean {
    return this.approved.has(`${port} ${binding}`);
  }

  /** The bindings stay until {@link releaseServer}. */
  leaveBehind(serverId: number, port: string, bindings: readonly string[]): void {
    for (const binding of bindings) this.leftBehind.set(`${port} ${binding}`, { serverId, port, binding });
  }

  releaseServer(serverId: number): void {
    for (const [key, entry] of this.leftBehind) if (entry.serverId === serverId) this.leftBehind.delete(key);
  }

  releaseLeft(port: string, binding: string): void {
    this.leftBehind.delete(`${port} ${binding}`);
  }

  all(): (readonly [port: string, binding: string])[] {
    return [
      ...[...this.byHand].map(([key, port]) => [port, key.slice(port.length + 1)] as const),
      ...[...this.leftBehind.values()].map(({ port, binding }) => [port, binding] as const),
    ];
  }
}
