import { sql } from 'drizzle-orm';
import { backupRepository, type BackupRepository } from './backups';
import { commitIntentRepository, type CommitIntentRepository } from './commitIntents';
import { bindingSettingsRepository, type BindingSettingsRepository } from './bindingSettings';
import { brakeRepository, type BrakeRepository } from './brakes';
import type { RunOnDatabase } from './engine/database';
import { fenceRepository, type FenceRepository } from './fences';
import { hostKeyRepository, type HostKeyRepository } from './hostKeys';
import { keepRepository, type KeepRepository } from './keeps';
import { journalRepository, type JournalRepository } from './journal';
import { parkedRepository, type ParkedRepository } from './parked';
import { policyRepository, type PolicyRepository } from './policies';
import { virtualMacRepository, type VirtualMacRepository } from './virtualMacs';
import { portMemoryRepository, type PortMemoryRepository } from './portMemories';
import { placementRepository, type PlacementRepository } from './placements';
import { watchRepository, type WatchRepository } from './watches';
import { standingRepository, type StandingRepository } from './standing';

/** Facts that outlive Temporal's retention. PostgreSQL dialect; embedded PGlite or a real server. */
export interface Store {
  readonly placements: PlacementRepository;
  readonly journal: JournalRepository;
  readonly commitIntents: CommitIntentRepository;
  readonly backups: BackupRepository;
  readonly parked: ParkedRepository;
  readonly brakes: BrakeRepository;
  readonly bindingSettings: BindingSettingsRepository;
  readonly standing: StandingRepository;
  readonly keeps: KeepRepository;
  readonly policies: PolicyRepository;
  readonly portMemories: PortMemoryRepository;
  readonly fences: FenceRepository;
  readonly hostKeys: HostKeyRepository;
  readonly virtualMacs: VirtualMacRepository;
  readonly watches: WatchRepository;
  /** Answers when a trivial statement does; throws `store-unavailable` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** One repository for each noun, on one database. */
export function createStore(run: RunOnDatabase, close: () => Promise<void>): Store {
  return {
    placements: placementRepository(run),
    journal: journalRepository(run),
    commitIntents: commitIntentRepository(run),
    backups: backupRepository(run),
    parked: parkedRepository(run),
    brakes: brakeRepository(run),
    bindingSettings: bindingSettingsRepository(run),
    standing: standingRepository(run),
    keeps: keepRepository(run),
    policies: policyRepository(run),
    portMemories: portMemoryRepository(run),
    fences: fenceRepository(run),
    hostKeys: hostKeyRepository(run),
    virtualMacs: virtualMacRepository(run),
    watches: watchRepository(run),
    async ping() {
      await run((database) => database.execute(sql`SELECT 1`));
    },
    close,
  };
}
