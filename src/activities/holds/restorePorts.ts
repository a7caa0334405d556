import type { DeviceState } from '../../devices/device';
import { translateOn } from '../../devices/pass/heldPort';
import { preview, type PortPreview } from '../../devices/pass/preview';
import type { PortBindings } from '../../domain/backups/portBindings';
import { withoutStatements, type Statement } from '../../domain/change/statement';
import type { ExclusionRule } from '../../domain/change/outcome';
import { presentForm } from '../../domain/holds/planHeld';
import type { PortHold } from '../../domain/holds/portHold';
import type { PortRequest } from '../../domain/servers/portRequest';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { NewHold } from '../../store/holds';
import { requestNames } from '../decisions/undecided';
import { readPorts, type DeviceStates, type LookDependencies } from '../looks/looks';
import type { PortView } from '../looks/portView';

/** Ports of a device that are looked at together, by the one that has their statements. */
export type PortGroups = ReadonlyMap<PortName, readonly PortRequest[]>;

/** What the hold of a port would be, before anybody decides. */
export type DraftHold = Omit<NewHold, 'reason' | 'author' | 'expiresAt' | 'workflowId'>;

/** One port as a backup would have it. */
export interface PortDraft {
  readonly port: PortName;
  readonly askedAs: readonly PortName[];
  readonly hold: DraftHold;
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  readonly refusals: readonly string[];
  readonly replaces?: string;
}

/** The backup that ports are restored from. */
export interface RestoreSource {
  readonly id: string;
  readonly at: string;
  readonly bindings: PortBindings;
}

/** Rules by which an address is another port's, or no server's at all. */
const CONTRADICTING: readonly ExclusionRule[] = [
  'duplicate-address',
  'duplicate-mac',
  'assigned-elsewhere',
  'guest-claimed-twice',
  'moved',
  'gateway-address',
  'node-address',
];

const DRAFT = { workflowId: '', author: '', reason: '', createdAt: '', expiresAt: '9999-12-31T00:00:00.000Z' };

/** Says of some ports of a device what a restore would do with each, and why it cannot: as if each was held by then. Reads only. */
export async function draftPorts(
  deps: LookDependencies,
  device: DeviceId,
  source: RestoreSource,
  groups: PortGroups,
  states: DeviceStates,
  signal: AbortSignal,
): Promise<readonly PortDraft[]> {
  const requests = [...groups.values()].flat();
  const { views, read, error } = await readPorts(deps, device, requests, states, signal);
  const state = read?.state ?? (await states.all(device));
  const stored = read?.request.portHolds?.holds ?? [];
  const drafts = [...groups].map(([port, asked]) =>
    draftOf(device, port, asked, { source, state, earlier: stored.find((hold) => hold.port === port) }),
  );
  const held = drafts.map(({ hold }, index): PortHold => ({ ...DRAFT, ...hold, id: `draft ${index + 1}` }));
  const previewWith = (holds: readonly PortHold[]): readonly PortPreview[] =>
    read === undefined ? [] : preview(state, { ...read.request, portHolds: { holds, at: new Date() } }, []).ports;
  const naturally = previewWith([]);
  const restored = previewWith(held);
  return drafts.map((draft) => {
    const at = ({ effectivePort }: PortPreview): boolean => effectivePort === draft.port;
    const own = views.filter(({ port }) => groups.get(draft.port)?.some((request) => request.port === port) === true);
    const shown = restored.find(at);
    return {
      ...draft,
      added: shown?.added ?? [],
      removed: shown?.removed ?? [],
      refusals: [
        ...draft.refusals,
        ...own.flatMap(troubleOf),
        ...(shown === undefined && own.every((view) => 'desired' in view)
          ? [error?.message ?? `${draft.port} could not be looked at`]
          : []),
        ...refusalsOf(draft, own, shown, naturally.find(at)),
      ],
    };
  });
}

function draftOf(
  device: DeviceId,
  port: PortName,
  asked: readonly PortRequest[],
  {
    source,
    state,
    earlier,
  }: { readonly source: RestoreSource; readonly state: DeviceState; readonly earlier: PortHold | undefined },
): PortDraft {
  const actual = state.statements(port);
  const then = source.bindings.find((one) => one.port === port)?.statements ?? [];
  const { statements, missing } = presentForm(then, actual, translateOn(state, port));
  const parts = source.bindings.filter((one) => one.port !== port && state.effectivePort(one.port) === port);
  const came = withoutStatements(statements, actual);
  const before = statements.filter(({ key }) => earlier?.brought.some((one) => one.key === key) === true);
  const askedAs = requestNames(
    port,
    asked.map((request) => request.port),
  );
  return {
    port,
    askedAs,
    hold: {
      ...{ device, port, askedAs, statements: then },
      removes: withoutStatements(actual, statements),
      brought: [...came, ...withoutStatements(before, came)],
      backup: source.id,
      backupAt: source.at,
    },
    added: [],
    removed: [],
    refusals: [...missing, ...parts.map((part) => `${part.port}, which had bindings then, is a part of ${port} now`)],
    ...(earlier === undefined ? {} : { replaces: earlier.id }),
  };
}

function troubleOf(view: PortView): readonly string[] {
  if ('unmet' in view) return [`it is not automated: ${view.unmet.message}`];
  return 'error' in view ? [view.error.message] : [];
}

function refusalsOf(
  { port }: PortDraft,
  views: readonly PortView[],
  shown: PortPreview | undefined,
  natural: PortPreview | undefined,
): readonly string[] {
  if (shown === undefined) return [];
  const added = new Set(shown.added.flatMap(({ ip }) => ip ?? []));
  const excluded = views.flatMap((view) => ('desired' in view ? view.desired.excluded : []));
  return [
    ...(natural?.isSuspended === true
      ? [`a policy has switched port security of ${port} off, so its bindings are suspended; end that first`]
      : []),
    ...shown.excluded.filter(({ rule }) => rule === 'kept-otherwise').map(({ message }) => message),
    ...excluded.filter(({ ip, rule }) => added.has(ip) && CONTRADICTING.includes(rule)).map(({ message }) => message),
    ...(shown.error === undefined ? [] : [shown.error.message]),
  ];
}
