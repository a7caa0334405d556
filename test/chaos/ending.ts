import { EXIT } from '../../src/domain/exitCode';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAB_SECRETS } from '../../lab/world';
import type { Happenings } from './happenings';
import type { Installation } from './installation';
import { commitsOfNobody, judgeVerdict, parkedPorts, reportedIps, untoldChanges } from './judge';
import type { PassWaiters } from './passWaiters';
import { unjournaledChanges } from './journalJudge';
import type { Listener } from './listener';
import { splitKey } from './model';
import { Observer, type EventVerdict } from './observer';
import type { SwitchWatch } from './switchWatch';
import { ipOf, matches, type TruthHistory } from './truth';
import { virtualMacProblems } from './virtualMacs';

const QUIET_MS = 300_000;
const SESSIONS_MS = 15_000;
const NOT_LOOKED: PassWaiters = new Map();

/** What the end of a run is made of. */
export interface EndingParts {
  readonly installation: Installation;
  readonly listener: Listener;
  readonly happenings: Happenings;
  readonly history: TruthHistory;
  readonly watches: readonly SwitchWatch[];
  /** Whether a person approves what is parked. */
  readonly approves: boolean;
  readonly say: (line: string) => void;
}

/** What a run came to. */
export interface Judgement {
  readonly problems: readonly string[];
  readonly verdicts: readonly EventVerdict[];
}

/**
 * Once everything works again: the accepted events are worked off, every server is looked at once more, a person
 * approves what is parked (in some runs), every confirm timer runs out, and then the switches are compared with the truth.
 */
export class Ending {
  private lastLook: readonly EventVerdict[] = [];

  constructor(private readonly parts: EndingParts) {}

  async judge(): Promise<Judgement> {
    const { installation, listener, watches, say } = this.parts;
    await listener.settled();
    say('every webhook is accepted');
    const observer = await Observer.connect(installation.temporalAddress ?? '');
    try {
      const busy = [
        ...(await observer.quiet(QUIET_MS)),
        ...(await this.lookAtAll(observer)),
        ...(await this.approve(observer)),
      ];
      const deadline = Date.now() + SESSIONS_MS;
      while (Date.now() < deadline && watches.some(({ device }) => device.sessions() > 0)) await sleep(100);
      say('quiet');
      const leftovers = watches.flatMap((watch) => watch.leftovers());
      const unconfirmed = watches.flatMap((watch) => watch.expireConfirmTimers());
      const verdicts = busy.length === 0 ? await observer.verdicts() : [];
      const waiters = busy.length === 0 ? await observer.passWaiters() : NOT_LOOKED;
      const judged =
        busy.length > 0
          ? []
          : [
              ...this.unknownEvents(verdicts),
              ...verdicts.flatMap((verdict) => judgeVerdict(verdict, watches)),
              ...untoldChanges(verdicts, watches, installation.interruptions, waiters),
              ...commitsOfNobody(watches, waiters),
              ...this.differences(verdicts),
            ];
      const journal = await unjournaledChanges(installation.apiUrl ?? '', LAB_SECRETS.bearerToken, watches);
      const macs = await virtualMacProblems(installation.apiUrl ?? '', LAB_SECRETS.bearerToken, watches);
      return {
        problems: [
          ...busy.map((what) => `not quiet: ${what}`),
          ...installation.unexpected,
          ...listener.refusals,
          ...leftovers,
          ...unconfirmed,
          ...judged,
          ...journal,
          ...macs,
        ],
        verdicts,
      };
    } finally {
      await observer.close();
    }
  }

  /** What nobody told portwarden of is found by looking; so is what could not be done while something was wrong. */
  private async lookAtAll(observer: Observer): Promise<string[]> {
    const { happenings, listener, say } = this.parts;
    const before = new Set(listener.accepted.keys());
    for (const server of happenings.automated()) happenings.lookAgain(server.id);
    await listener.settled();
    const busy = await observer.quiet(QUIET_MS);
    this.lastLook =
      busy.length > 0 ? [] : (await observer.verdicts()).filter(({ workflowId }) => !before.has(workflowId));
    say(`every server was looked at again: ${this.lastLook.length} events`);
    return busy;
  }

  private async approve(observer: Observer): Promise<string[]> {
    const { approves, history, installation, say } = this.parts;
    if (!approves) return [];
    const ports = parkedPorts(this.lastLook);
    for (const key of ports) {
      const reported = reportedIps(key, this.lastLook);
      history.change(() => {
        for (const binding of history.now().kept.get(key) ?? []) {
          if (!reported.has(ipOf(binding))) continue;
          history.ledger.releaseByHand(key, binding);
          history.ledger.releaseLeft(key, binding);
          history.ledger.approve(key, binding);
        }
      });
      const { switchId, port } = splitKey(key);
      // Where nothing is done the command says so, and ends with 4; what must be done is checked below.
      const answer = await installation.cli(['port', 'approve', `junos:${switchId}`, port]).catch(printedAnyway);
      say(`a person approves ${key}: ${answer.trim()}`);
    }
    const busy = ports.length === 0 ? [] : await observer.quiet(QUIET_MS);
    if (busy.length === 0) this.checkApproved(ports);
    return busy;
  }

  /** What a person approved is done; doubts about servers that exist are nothing to approve. */
  private readonly notCarriedOut: string[] = [];

  private checkApproved(ports: readonly string[]): void {
    const { desired, kept } = this.parts.history.now();
    const actual = this.actual();
    for (const port of ports) {
      const handMade = (actual.get(port) ?? []).filter((binding) => / 00:00:5e:00:01:/.test(binding));
      const left = handMade.filter(
        (binding) =>
          !(desired.get(port) ?? []).includes(binding) &&
          !(kept.get(port) ?? []).includes(binding) &&
          !this.parts.history.ledger.isAdopted(port, binding),
      );
      for (const binding of left)
        this.notCarriedOut.push(`port ${port}: a person approved that ${binding} goes, but it is there`);
    }
  }

  private unknownEvents(verdicts: readonly EventVerdict[]): string[] {
    const known = new Set(verdicts.map(({ workflowId }) => workflowId));
    return [...this.parts.listener.accepted].flatMap(([id, event]) =>
      known.has(id) ? [] : [`accepted event ${id} ${JSON.stringify(event)} has no workflow`],
    );
  }

  private actual(): Map<string, readonly string[]> {
    return new Map(this.parts.watches.flatMap((watch) => [...watch.bindings()]));
  }

  /** All that is desired is there. What is there besides is known to stay, and every port that is looked at tells of it. */
  private differences(verdicts: readonly EventVerdict[]): string[] {
    const { history, happenings } = this.parts;
    const { desired, kept } = history.now();
    const actual = this.actual();
    const looked = new Set(happenings.automated().flatMap((server) => history.portsOf(server)));
    return [
      ...this.notCarriedOut,
      ...[...desired].flatMap(([port, want]) => {
        const have = actual.get(port) ?? [];
        const told = reportedIps(port, looked.has(port) ? this.lastLook : verdicts);
        const missing = want.filter(
          (asked) =>
            !have.some((line) => matches(asked, line)) &&
            !(history.ledger.disputed.has(ipOf(asked)) && told.has(ipOf(asked))),
        );
        const extra = have.filter(
          (line) =>
            !want.some((asked) => matches(asked, line)) &&
            !told.has(ipOf(line)) &&
            !history.ledger.isAdopted(port, line) &&
            (looked.has(port) || !(kept.get(port) ?? []).some((asked) => matches(asked, line))),
        );
        return [
          ...(missing.length === 0 ? [] : [`port ${port} lacks ${missing.join('; ')}`]),
          ...(extra.length === 0 ? [] : [`port ${port} has what no outcome tells of: ${extra.join('; ')}`]),
        ];
      }),
    ];
  }
}

/** What a command printed that ended with bad news. */
function printedAnyway(failure: unknown): string {
  const { code, stdout } = (typeof failure === 'object' && failure !== null ? failure : {}) as {
    readonly code?: unknown;
    readonly stdout?: unknown;
  };
  if (code === EXIT.notApplied && typeof stdout === 'string') return stdout;
  throw failure;
}
