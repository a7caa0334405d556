import { coverageOf, type CoverageEntry } from '../../domain/coverage';
import type { Binding } from '../../domain/desired/binding';
import { PortwardenError } from '../../domain/errors';
import { isEmptyPlan, type PortPlan } from '../../domain/change/plan';
import { compareStatements, sameStatement, type Statement } from '../../domain/change/statement';
import type { PortName } from '../../domain/values/port';
import type { PolicyCarrier } from '../policyCarrier';
import type { DeviceState, PlannedPort, Translation } from '../device';
import { JunosPolicies } from './policies';
import { isLargeChange } from './confirmation';
import { coverageOfPort, SWITCH_COVERAGE } from './coverage';
import { boundPorts, type PortEdits } from './dialects/dialect';
import { editsToCommands, pathWords, type Edit } from './edit';
import { knobNotes } from './knobNotes';
import { filterEdits } from './filters/filterEdits';
import { effectivePort } from './lag';
import { policyMeaning } from './policyStatements';
import type { JunosSettings } from './settings';
import { bindingOf } from './staticBinding';
import { statementsOnSwitch, type SwitchState } from './switchState';
import { translate } from './translate';

/** A port's plan and the edits that carry it out. */
export interface JunosWork extends PlannedPort {
  readonly edits: PortEdits;
}

/** A switch's committed configuration, as far as bindings depend on it. */
export class JunosState implements DeviceState {
  /** By published figures of such switches; a virtual chassis takes longer. */
  readonly assumedCommitSeconds = 20;

  readonly policies: PolicyCarrier;

  constructor(
    readonly onSwitch: SwitchState,
    private readonly settings: JunosSettings,
  ) {
    this.policies = new JunosPolicies(this, onSwitch, settings);
  }

  effectivePort(port: PortName): PortName {
    return effectivePort(port, this.onSwitch.aggregates, this.settings.unit);
  }

  boundPorts(): readonly PortName[] {
    return boundPorts(this.onSwitch.bindings);
  }

  statements(port: PortName): readonly Statement[] {
    return statementsOnSwitch(this.onSwitch, port);
  }

  translate(port: PortName, desired: readonly Binding[]): Translation {
    const actual = this.statements(port).map(bindingOf);
    return translate(desired, actual, this.onSwitch, this.settings);
  }

  /** The edits that carry a plan out. */
  edits(plan: PortPlan): PortEdits {
    const { dialect, bindings, filters } = this.onSwitch;
    const { port, edits, ...more } = dialect.edits(plan, bindings, this.settings.elsGroup);
    try {
      return { port, edits: [...edits, ...filterEdits(plan, filters)], ...more };
    } catch (error) {
      if (!(error instanceof PortwardenError)) throw error;
      return { port, revive: [], edits: [], failure: more.failure ?? error };
    }
  }

  /** What goes beside these changes, because their ports were the last that needed it. */
  closing(changes: readonly PortEdits[]): readonly PortEdits[] {
    const { dialect, bindings } = this.onSwitch;
    return dialect.closing(changes, bindings, this.settings.elsGroup);
  }

  refusal(plan: PortPlan): PortwardenError | undefined {
    return this.edits(plan).failure;
  }

  commands(plans: readonly PortPlan[]): readonly string[] {
    const changes = plans.map((plan) => this.edits(plan));
    return editsToCommands([...changes, ...this.closing(changes)].flatMap(inOrder));
  }

  replaceCommands(plans: readonly PortPlan[]): readonly string[] {
    const possible = plans.filter((plan) => !isEmptyPlan(plan) && this.refusal(plan) === undefined);
    return editsToCommands(possible.flatMap((plan) => this.fullReplace(plan)));
  }

  notes(plans: readonly PortPlan[]): readonly string[] {
    return [...this.onSwitch.bindings.remarks, ...knobNotes(this.onSwitch, plans, this.settings)];
  }

  coverage(port: PortName): readonly CoverageEntry[] {
    return coverageOf(SWITCH_COVERAGE, coverageOfPort(this.onSwitch, port, this.settings));
  }

  commitsFor(plans: readonly PortPlan[]): number {
    const { confirmedCommit } = this.settings;
    const isFirst = plans.every(({ actualCount }) => actualCount === 0);
    const isTwice =
      confirmedCommit === 'always' ||
      (confirmedCommit === 'first-change-and-large' && (isFirst || isLargeChange(plans, this.settings)));
    return isTwice ? 2 : 1;
  }

  private fullReplace(plan: PortPlan): readonly Edit[] {
    // Bindings change their group with the port's trust: there is no long way round.
    if ([...plan.add, ...plan.remove].some((statement) => policyMeaning(statement) !== undefined))
      return inOrder(this.edits(plan));
    const again = this.statements(plan.port).filter(
      (have) => !plan.remove.some((gone) => sameStatement(gone, have)) && this.wouldComeBack(plan, have),
    );
    const deletes = this.edits({ ...plan, remove: [...plan.remove, ...again], add: [] });
    const sets = this.edits({ ...plan, remove: [], add: [...again, ...plan.add].sort(compareStatements) });
    return [...inOrder(deletes), ...inOrder(sets)];
  }

  /** Whether a statement that is deleted and set again stands where it stood: not one that is inherited or in a group of others. */
  private wouldComeBack(plan: PortPlan, statement: Statement): boolean {
    const [gone, ...more] = this.edits({ ...plan, remove: [statement], add: [] }).edits;
    const [set] = this.edits({ ...plan, remove: [], add: [statement] }).edits;
    if (gone === undefined || set === undefined || more.length > 0) return false;
    return `${pathWords(set.path).join(' ')} `.startsWith(`${pathWords(gone.path).join(' ')} `);
  }
}

/** Deactivated statements are deleted before they are set anew. */
function inOrder({ revive, edits }: PortEdits): readonly Edit[] {
  return [...revive, ...edits];
}
