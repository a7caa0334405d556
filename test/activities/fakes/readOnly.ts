import type { ActivityDependencies } from '../../../src/activities/dependencies';
import type { DeviceId } from '../../../src/domain/values/device';
import type { FakeWorld } from './world';

const READS_OF_PLACEMENTS: readonly string[] = [
  'clock',
  'get',
  'listByPort',
  'listByPorts',
  'listByDevice',
  'devices',
  'listByCluster',
  'listByIps',
  'listByMacs',
];

/** Where every access throws, but to what may be read. */
function only(part: string, reads: Readonly<Record<string, unknown>>): never {
  return new Proxy(Object.create(null) as never, {
    get: (_target, name) => {
      if (Object.hasOwn(reads, name)) return reads[String(name)];
      throw new Error(`${part}.${String(name)} was used`);
    },
  });
}

/** The world with a store that can only be read, and nobody who can be signalled. */
export function readOnly(world: FakeWorld): ActivityDependencies {
  const { placements, keeps, policies, portMemories, brakes, journal, virtualMacs } = world.store;
  const reads = Object.fromEntries(Object.entries(placements).filter(([name]) => READS_OF_PLACEMENTS.includes(name)));
  return {
    ...world,
    enlister: only('enlister', {}),
    waiting: only('waiting', {}),
    devices: only('devices', {}),
    metrics: only('metrics', {}),
    store: only('store', {
      placements: only('placements', reads),
      bindingSettings: only('bindingSettings', { of: world.store.bindingSettings.of }),
      brakes: only('brakes', { current: brakes.current, lostSince: brakes.lostSince }),
      policies: only('policies', { inForce: policies.inForce, everywhere: policies.everywhere }),
      portMemories: only('portMemories', { of: portMemories.of }),
      pauses: only('pauses', { active: world.store.pauses.active }),
      holds: only('holds', { of: world.store.holds.of, ofAddresses: world.store.holds.ofAddresses }),
      windowExceptions: only('windowExceptions', { active: world.store.windowExceptions.active }),
      keeps: only('keeps', { inForce: keeps.inForce, ofAddresses: keeps.ofAddresses }),
      journal: only('journal', {
        commitSeconds: (device: DeviceId) => journal.commitSeconds(device),
        changesSince: journal.changesSince,
      }),
      reconciles: only('reconciles', { vanished: world.store.reconciles.vanished }),
      virtualMacs: only('virtualMacs', {
        listByServers: virtualMacs.listByServers,
        listByMacs: virtualMacs.listByMacs,
        listRevoked: virtualMacs.listRevoked,
      }),
    }),
  };
}
