import { sql } from 'drizzle-orm';
import { applyPlanRepository, type ApplyPlanRepository } from './applyPlans';
import { alarmRepository, type AlarmRepository } from './alarms';
import { backupRepository, type BackupRepository } from './backups';
import { commitIntentRepository, type CommitIntentRepository } from './commitIntents';
import { bindingSettingsRepository, type BindingSettingsRepository } from './bindingSettings';
import { brakeRepository, type BrakeRepository } from './brakes';
import type { RunOnDatabase } from './engine/database';
import { driftRepository, type DriftRepository } from './drift';
import { dropEvidenceRepository, type DropEvidenceRepository } from './dropEvidence';
import { fenceRepository, type FenceRepository } from './fences';
import { hostKeyRepository, type HostKeyRepository } from './hostKeys';
import { holdRepository, type HoldRepository } from './holds';
import { keepRepository, type KeepRepository } from './keeps';
import { keyedAnswerRepository, type KeyedAnswerRepository } from './keyedAnswers';
import { journalRepository, type JournalRepository } from './journal';
import { notificationRepository, type NotificationRepository } from './notifications';
import { parkedRepository, type ParkedRepository } from './parked';
import { pauseRepository, type PauseRepository } from './pauses';
import { policyRepository, type PolicyRepository } from './policies';
import { reconcileRepository, type ReconcileRepository } from './reconciles';
import { windowExceptionRepository, type WindowExceptionRepository } from './windowExceptions';
import { virtualMacRepository, type VirtualMacRepository } from './virtualMacs';
import { portMemoryRepository, type PortMemoryRepository } from './portMemories';
import { placementRepository, type PlacementRepository } from './placements';
import { sourceStateRepository, type SourceStateRepository } from './sourceStates';
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
  readonly holds: HoldRepository;
  readonly policies: PolicyRepository;
  readonly pauses: PauseRepository;
  readonly windowExceptions: WindowExceptionRepository;
  readonly applyPlans: ApplyPlanRepository;
  readonly keyedAnswers: KeyedAnswerRepository;
  readonly portMemories: PortMemoryRepository;
  readonly dropEvidence: DropEvidenceRepository;
  readonly fences: FenceRepository;
  readonly hostKeys: HostKeyRepository;
  readonly virtualMacs: VirtualMacRepository;
  readonly watches: WatchRepository;
  readonly drift: DriftRepository;
  readonly reconciles: ReconcileRepository;
  readonly alarms: AlarmRepository;
  readonly notifications: NotificationRepository;
  readonly sourceStates: SourceStateRepository;
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
    holds: holdRepository(run),
    policies: policyRepository(run),
    pauses: pauseRepository(run),
    windowExceptions: windowExceptionRepository(run),
    applyPlans: applyPlanRepository(run),
    keyedAnswers: keyedAnswerRepository(run),
    portMemories: portMemoryRepository(run),
    dropEvidence: dropEvidenceRepository(run),
    fences: fenceRepository(run),
    hostKeys: hostKeyRepository(run),
    virtualMacs: virtualMacRepository(run),
    watches: watchRepository(run),
    drift: driftRepository(run),
    reconciles: reconcileRepository(run),
    alarms: alarmRepository(run),
    notifications: notificationRepository(run),
    sourceStates: sourceStateRepository(run),
    async ping() {
      await run((database) => database.execute(sql`SELECT 1`));
    },
    close,
  };
}
