import type { JunosSwitch } from '../../../lab/junos';
import type { Device, DeviceState, PlannedPort } from '../../../src/devices/device';
import { everythingOn, type CarriedPolicy } from '../../../src/devices/policyCarrier';
import { isCarriedOut } from '../../../src/domain/change/plan';
import type { Binding } from '../../../src/domain/desired/binding';
import type { AddressPair } from '../../../src/domain/policies/addressPair';
import type { EffectivePolicy } from '../../../src/domain/policies/effectivePolicy';
import type { PortPolicy } from '../../../src/domain/policies/policy';
import { parsePortName, type PortName } from '../../../src/domain/values/port';
import { deviceId } from '../../../src/domain/values/device';

/** What a policy of a test says. */
export interface Said {
  readonly off?: boolean;
  readonly pairs?: readonly AddressPair[];
  readonly groups?: readonly string[];
}

/** A port with what it shall have without policies, and what a policy says. */
export interface Wanted extends Said {
  readonly sources: readonly Binding[];
}

/** A policy that says it of one port. */
function effective(port: string, { off, pairs, groups }: Said): EffectivePolicy {
  const from: readonly PortPolicy[] = [
    {
      scope: { kind: 'port', device: deviceId('junos', 1), port: parsePortName(port) },
      reason: 'test',
      author: 'test',
      createdAt: new Date(0),
    },
  ];
  const isOff = off === true;
  return {
    ...(off === undefined ? {} : { portSecurity: { value: isOff ? 'off' : 'on', from } }),
    ...(pairs === undefined || isOff ? {} : { allowedAddressPairs: { value: pairs, from, exclusive: false } }),
    ...(groups === undefined || isOff ? {} : { securityGroups: { value: groups, from, exclusive: false } }),
    suspended: [],
    refused: [],
  };
}

/** Who was asked on which port, and what came of it. */
export type Carried = Readonly<Record<string, CarriedPolicy>>;

/**
 * The least of a pass that carries out policies: what the ports have is made what they shall have, and what policies added
 * is remembered in the test. Guards, keeps and everything else of the shared pass are its own tests'.
 */
export class PolicyPass {
  private readonly added = new Map<string, readonly string[]>();
  passes = 0;

  /** @param device may be exchanged for one with other settings. */
  constructor(public device: Device) {}

  async run(wanted: Readonly<Record<string, Wanted>>): Promise<Carried> {
    this.passes += 1;
    const signal = new AbortController().signal;
    const session = await this.device.beginChange({
      signal,
      onStep: () => undefined,
      logToken: `policy-pass-${this.passes}`,
      withPolicies: true,
    });
    let failure: unknown;
    try {
      const state = await session.read();
      const carried: Record<string, CarriedPolicy> = {};
      const planned: PlannedPort[] = [];
      for (const [port, shall] of Object.entries(wanted)) {
        const name = state.effectivePort(parsePortName(port));
        const { plan, outcome } = this.plan(state, name, shall);
        carried[port] = outcome;
        if (plan.plan.add.length + plan.plan.remove.length > 0) planned.push(plan);
      }
      expect(planned.map(({ plan }) => state.refusal(plan)?.message ?? '')).toEqual(planned.map(() => ''));
      if (planned.length > 0) {
        const prepared = await session.prepare(planned);
        expect(prepared.rejected).toEqual([]);
        const announced = session.announce(planned);
        const result = await session.commit(announced, planned);
        if (!result.committed) throw new Error('not committed');
        for (const one of planned)
          expect(
            isCarriedOut(one, everythingOn(result.state, one.port))
              ? []
              : [one.port, everythingOn(result.state, one.port)],
          ).toEqual([]);
        if (announced.confirmed) await session.confirm(announced, planned);
      }
      return carried;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await session.end(failure);
    }
  }

  private plan(
    state: DeviceState,
    port: PortName,
    { sources, ...said }: Wanted,
  ): { readonly plan: PlannedPort; readonly outcome: CarriedPolicy } {
    const carrier = state.policies;
    if (carrier === undefined) throw new Error('no policies');
    const mine = new Set(this.added.get(port) ?? []);
    const present = carrier.enforcement(port);
    const natural = present.filter(({ key }) => !mine.has(key));
    const outcome = carrier.carryOut(port, { policy: effective(port, said), natural, sources, isApproved: false });
    const bound = outcome.suspends === undefined ? state.translate(port, sources).statements : [];
    const shall = [...bound, ...outcome.bindings, ...outcome.enforcement];
    const actual = [...state.statements(port), ...present];
    const keys = new Set(shall.map(({ key }) => key));
    this.added.set(
      port,
      outcome.enforcement.filter(({ key }) => !natural.some((one) => one.key === key)).map(({ key }) => key),
    );
    const add = shall.filter(
      ({ key }, i) =>
        !actual.some((have) => have.key === key) && keys.has(key) && shall.findIndex((one) => one.key === key) === i,
    );
    const remove = actual.filter(({ key }) => !keys.has(key));
    return {
      outcome,
      plan: { port, actual, plan: { port, add, remove, because: new Map(), actualCount: actual.length, keptIps: [] } },
    };
  }
}

/** The committed configuration, sorted. */
export function committed(lab: JunosSwitch): readonly string[] {
  return [...lab.committedSet()].sort();
}
