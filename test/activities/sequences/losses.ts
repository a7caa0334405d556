import type { Statement } from '../../../src/domain/change/statement';
import type { IpAddress } from '../../../src/domain/values/ip';

const DAY_MS = 24 * 3_600_000;

/** What guards and brake of the site permit. */
export const LIMITS = { maxRemovedBindings: 3, maxRemovedShare: 0.6 };
export const BRAKE = { ports: 3, bindings: 7, withinMinutes: 60 };

interface Loss {
  readonly port: string;
  readonly ip: IpAddress;
  readonly at: number;
}

/** Counts what went by absence, as guards have to. */
export class Losses {
  private losses: Loss[] = [];

  /**
   * @param released when the brake was released last, in Unix milliseconds.
   * @returns what guards should not have let go.
   */
  count(
    port: string,
    { before, after }: { readonly before: readonly Statement[]; readonly after: readonly Statement[] },
    lost: readonly IpAddress[],
    released: number,
  ): readonly string[] {
    if (lost.length === 0) return [];
    const now = Date.now();
    const problems: string[] = [];
    const isBack = (ip: IpAddress): boolean => after.some((one) => one.ip === ip);
    const earlier = new Set(
      this.losses
        .filter((loss) => loss.port === port && loss.at > now - DAY_MS && !isBack(loss.ip) && !lost.includes(loss.ip))
        .map(({ ip }) => ip),
    ).size;
    const of = new Set(before.map(({ ip, key }) => ip ?? key)).size;
    for (const [count, all] of [
      [lost.length, of],
      [lost.length + earlier, of + earlier],
    ] as const)
      if (count > LIMITS.maxRemovedBindings || (count >= 2 && count / all > LIMITS.maxRemovedShare))
        problems.push(`${count} of ${all} bindings of ${port} were gone by absence`);
    this.losses.push(...lost.map((ip) => ({ port, ip, at: now })));
    const lately = this.losses.filter(({ at }) => at > Math.max(now - BRAKE.withinMinutes * 60_000, released));
    const bindings = new Set(lately.map((loss) => `${loss.port} ${loss.ip}`)).size;
    const ports = new Set(lately.map((loss) => loss.port)).size;
    if (bindings > BRAKE.bindings || ports > BRAKE.ports)
      problems.push(`${bindings} bindings of ${ports} ports were gone within the time of the brake`);
    return problems;
  }
}
