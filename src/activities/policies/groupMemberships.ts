import { textDigest } from '../../domain/change/removals';
import { portRequest } from '../../domain/servers/portRequest';
import { createEnlist } from '../enlist';
import type { ActivityDependencies } from '../dependencies';
import { portsNaming, remoteGroups } from './remoteGroups';

/**
 * Has the ports whose rules name a group looked at when its members are others than at the last look, wherever that came from: a
 * server that moved, an address, a policy that was set or ended. Asked after every pass. What this process told is kept in its
 * memory alone: one that starts tells each group once, and a port that is as it shall be is not written.
 */
export class GroupMemberships {
  private readonly told = new Map<string, string>();

  constructor(private readonly deps: ActivityDependencies) {}

  /** Nothing is noted before all ports were asked for, so that whatever fails is told after the next pass. */
  async tell(signal: AbortSignal): Promise<void> {
    const at = new Date();
    const now = [...(await remoteGroups(this.deps, at, signal))].map(([name, members]): [string, string] => [
      name,
      'unknown' in members ? 'unknown' : textDigest(members.addresses.join(' ')),
    ]);
    const changed = now.filter(([name, digest]) => this.told.get(name) !== digest);
    if (changed.length === 0) return;
    const enlist = createEnlist(this.deps);
    const ports = await portsNaming(this.deps, new Set(changed.map(([name]) => name)), at);
    for (const { device, port } of ports) await enlist({ device, request: portRequest(port) });
    for (const [name, digest] of changed) this.told.set(name, digest);
  }
}
