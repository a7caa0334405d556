import { wordsOf } from '../devices/pass/outcomes';
import { sameStatement } from '../domain/change/statement';
import type { AddressExplanation, Since } from '../domain/explain/explanation';
import { explainPort } from '../domain/explain/explainPort';
import { describeHold } from '../domain/holds/portHold';
import type { ExplainSubject } from '../domain/explain/subject';
import type { PortRef } from '../domain/values/port';
import type { ExplainInput, ExplainResult, LookActivities } from '../protocol/preview';
import type { JournalEntry, JournalRepository } from '../store/journal';
import { evidenceOf, type EvidencePort, type EvidenceSources } from './evidence/portEvidence';
import { withinLook } from './looks/limit';
import { lookAt, type DeviceLook, type Look, type LookDependencies } from './looks/looks';

/** How far back the journal of a port is searched. */
const MOST_ENTRIES = 500;
const MOST_EXPLANATIONS = 1_000;

/**
 * Says why addresses are let through or not: the rule, what was read and where, and since which event and commit.
 * Nothing is touched.
 */
export function createExplainBindings(
  deps: LookDependencies & EvidenceSources & { readonly store: { readonly journal: Pick<JournalRepository, 'list'> } },
): LookActivities['explainBindings'] {
  return async ({ subject }: ExplainInput): Promise<ExplainResult> => {
    const look = await withinLook((signal) => lookAt(deps, subject, signal));
    const explained = look.devices.flatMap(explanationsOf).filter((one) => isAbout(one, subject));
    const histories = new Histories(deps.store.journal);
    const shown = await Promise.all(
      explained.slice(0, MOST_EXPLANATIONS).map(async (one) => withSince(one, await histories.of(one.port))),
    );
    const notes = [...look.notes, ...troubles(look), ...cut(explained.length)];
    return {
      summary: summaryOf(subject, shown, notes.length > 0),
      addresses: shown,
      notes,
      evidence: await evidenceOf(deps, portsOfAnswer(look, subject, shown)),
      ...coverageOfPort(look, subject),
    };
  };
}

/** The ports that an answer is about: those of its addresses, and the one that was asked about. */
function portsOfAnswer(
  { devices }: Look,
  subject: ExplainSubject,
  shown: readonly AddressExplanation[],
): readonly EvidencePort[] {
  const ports = devices.flatMap(({ device, preview }) =>
    (preview?.ports ?? []).map(({ port, effectivePort }) => ({ device, port, effectivePort })),
  );
  if (subject.of === 'port') return ports.filter(({ device }) => device === subject.device);
  return ports.filter(({ device, port }) => shown.some((one) => one.port.device === device && one.port.port === port));
}

/** Only of a port that is asked about: an address may be at many. */
function coverageOfPort({ devices }: Look, subject: ExplainSubject): Pick<ExplainResult, 'coverage'> {
  const [found] = subject.of === 'port' ? devices.flatMap(({ preview }) => preview?.ports ?? []) : [];
  return found === undefined ? {} : { coverage: found.coverage };
}

function explanationsOf({ device, views, preview }: DeviceLook): readonly AddressExplanation[] {
  return views.flatMap((view) => {
    const found = preview?.ports.find(({ port }) => port === view.port);
    if (found === undefined || !('desired' in view)) return [];
    const { actual, added, removed, revoked, parked, keeps } = found;
    const further = new Set(view.desired.additional?.map(({ ip }) => ip));
    return explainPort({
      port: { device, port: view.port },
      sources: view.sources,
      desired: [...view.desired.desired, ...found.bindings.filter(({ ip }) => further.has(ip))],
      newVirtualMacs: found.newVirtualMacs.filter((ip) => further.has(ip)),
      excluded: [...view.desired.excluded, ...found.excluded],
      removals: view.desired.removals,
      actual,
      added,
      removed,
      keeps,
      ...(revoked === undefined ? {} : { revoked }),
      ...(found.hold?.state !== 'holding'
        ? {}
        : {
            hold: {
              statements: found.desired,
              says: `${found.effectivePort} is ${describeHold(found.hold.hold)}`,
            },
          }),
      ...(parked === undefined ? {} : { parked }),
      ...(found.policy === undefined ? {} : { policy: { wants: found.byPolicy ?? [], says: found.policy.says } }),
    });
  });
}

function isAbout({ ip, desired, present, servers }: AddressExplanation, subject: ExplainSubject): boolean {
  switch (subject.of) {
    case 'address':
      return ip === subject.ip;
    case 'mac':
      return desired?.mac === subject.mac || present.some(({ mac }) => mac === subject.mac);
    case 'server':
      return servers.some(({ serverId }) => serverId === subject.serverId);
    case 'port':
      return true;
  }
}

/** The newest change of the port's journal that brought what is present, or took what is not. */
function withSince(explanation: AddressExplanation, history: readonly JournalEntry[]): AddressExplanation {
  const { present, ip } = explanation;
  const entry = history.find(({ status, added, removed }) => {
    if (status !== 'applied') return false;
    if (present.length === 0) return ip !== undefined && removed.some((gone) => gone.ip === ip);
    return added.some((one) => present.some((there) => sameStatement(there, one)));
  });
  return entry === undefined ? explanation : { ...explanation, since: sinceOf(entry) };
}

function sinceOf({ at, id, workflowId, events, commit }: JournalEntry): Since {
  return {
    at,
    journalId: id,
    workflowId,
    ...(events === undefined ? {} : { events }),
    ...(commit === undefined ? {} : { commit }),
  };
}

/** What the journal has of ports, each read once however many addresses it has. */
class Histories {
  private readonly read = new Map<string, Promise<readonly JournalEntry[]>>();

  constructor(private readonly journal: Pick<JournalRepository, 'list'>) {}

  of({ device, port }: PortRef): Promise<readonly JournalEntry[]> {
    const key = `${device} ${port}`;
    const known = this.read.get(key) ?? this.journal.list({ device, port, limit: MOST_ENTRIES });
    this.read.set(key, known);
    return known;
  }
}

/** Ports and devices about which nothing could be said. */
function troubles({ devices }: Look): readonly string[] {
  return devices.flatMap(({ device, views, omitted, error, preview }) => [
    ...(error === undefined ? [] : [`${device} could not be read: ${error.code}: ${error.message}`]),
    ...views.flatMap((view) => {
      if ('unmet' in view) return [`${device} ${view.port} is left alone: ${view.unmet.message}`];
      return 'error' in view ? [`${device} ${view.port}: ${view.error.code}: ${view.error.message}`] : [];
    }),
    ...(preview?.ports ?? []).flatMap(({ port, remarks, policy }) =>
      [...remarks, ...wordsOf(policy)].map((remark) => `${device} ${port}: ${remark}`),
    ),
    ...(omitted.length === 0 ? [] : [`${omitted.length} further ports of ${device} were not looked at`]),
  ]);
}

function cut(count: number): readonly string[] {
  return count > MOST_EXPLANATIONS
    ? [`${count - MOST_EXPLANATIONS} further addresses are left out; ask port by port`]
    : [];
}

function summaryOf(subject: ExplainSubject, addresses: readonly AddressExplanation[], isNoted: boolean): string {
  if (addresses.length > 0) {
    const ports = new Set(addresses.map(({ port: { device, port } }) => `${device} ${port}`));
    return `${addresses.length} address(es) on ${ports.size} port(s)`;
  }
  switch (subject.of) {
    case 'address':
      return isNoted
        ? `${subject.ip} was found on no port; the notes say why`
        : `No server in the panel has ${subject.ip}, and it is remembered at no port`;
    case 'mac':
      return `${subject.mac} is bound on no port that a pass has read back; ask for the server that should have it`;
    case 'server':
      return `No address of server ${subject.serverId} is bound or would be`;
    case 'port':
      return `Nothing is bound on ${subject.device} ${subject.port}, and nothing would be`;
  }
}
