import type { JunosSwitch, JunosSwitchOptions } from '../../lab/junos';
import { fleetScenario, fleetServerId } from '../../lab/scenarios/fleet';
import type { Scenario } from '../../lab/scenarios/scenario';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest, type EventAnswer } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const PROFILES: readonly JunosSwitch['profile'][] = ['ex3300-12.3', 'ex4200-vc', 'ex3400-18', 'ex4300-21'];
const MINUTE = 60_000;
/** How wrong a switch's clock is, and what its commit log shows of confirmed commits. */
const SWITCHES: readonly (readonly [string, Pick<JunosSwitchOptions, 'clockSkewMs' | 'commitLog'>])[] = [
  ['its clock 15 minutes ahead', { clockSkewMs: 15 * MINUTE, commitLog: { comments: true, pendingMark: false } }],
  ['its clock 15 minutes behind', { clockSkewMs: -15 * MINUTE, commitLog: { comments: true, pendingMark: false } }],
  ['without comments in its commit log', { clockSkewMs: 0, commitLog: { comments: false, pendingMark: false } }],
  [
    'its clock off and without comments',
    { clockSkewMs: 15 * MINUTE, commitLog: { comments: false, pendingMark: false } },
  ],
];
const RUNS = SWITCHES.flatMap(([how, look]) => PROFILES.map((profile) => ({ how, look, profile })));
/** Two more switches, on which somebody else's commit waits. */
const PENDING = RUNS.length + 1;
const SCHEDULED = RUNS.length + 2;
const SIZE = { switches: RUNS.length + 2, serversPerSwitch: 1 };

/** One dedicated server on each of the switches, of all profiles. */
function scenario(): Scenario {
  const fleet = fleetScenario(SIZE);
  return {
    ...fleet,
    switches: fleet.switches.map((one) => {
      const profile = RUNS[one.id - 1]?.profile ?? one.profile;
      const isEls = profile === 'ex3400-18' || profile === 'ex4300-21';
      const els = [
        'set interfaces ge-0/0/0 unit 0 family ethernet-switching interface-mode access',
        'set vlans VLAN.13 vlan-id 13',
        'set vlans VLAN.13 forwarding-options dhcp-security arp-inspection',
      ];
      return { ...one, profile, configuration: isEls ? els : one.configuration };
    }),
  };
}

const serverOn = (switchId: number): number => fleetServerId(SIZE, switchId - 1, 0);

suite('commits that wait for a confirmation, with the product as a user starts it and its default settings', () => {
  let system: SystemUnderTest;

  beforeAll(async () => {
    system = await SystemUnderTest.create(scenario(), {
      switches: { defaults: {} },
      retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 } },
    });
    for (const [index, { look }] of RUNS.entries()) Object.assign(simulated(index + 1).faults, look);
    await system.start();
  }, 180_000);
  afterAll(() => system.close(), 60_000);

  const simulated = (id: number): JunosSwitch => {
    const found = system.world.switches.get(id);
    if (found === undefined) throw new Error(`there is no switch ${id}`);
    return found;
  };
  const bound = async (id: number): Promise<readonly string[]> =>
    (await system.committed(id)).filter((line) => line.includes(' static-ip '));
  const event = (switchId: number): Promise<EventAnswer> =>
    system.event({ action: 'ip_assigned', serverId: serverOn(switchId), ip: `10.${switchId}.0.2` });

  test('what was applied is still there when every confirm timer has run out, on all 16 switches', async () => {
    const answers = await Promise.all(RUNS.map((_run, index) => event(index + 1)));
    expect(answers.map(({ outcome }) => outcome?.status)).toEqual(RUNS.map(() => 'applied'));
    const found: unknown[] = [];
    for (const [index, { how, profile }] of RUNS.entries()) {
      const confirmed = simulated(index + 1)
        .commits()
        .some((commit) => commit.confirmMinutes !== undefined);
      simulated(index + 1).advance(24 * 60);
      found.push({
        profile,
        how,
        confirmed,
        bindings: (await bound(index + 1)).map((line) => line.includes(` static-ip 10.${index + 1}.0.2 `)),
      });
    }
    expect(found).toEqual(RUNS.map(({ how, profile }) => ({ profile, how, confirmed: true, bindings: [true] })));
  });

  /** An event for a switch on which somebody else's commit waits; what the coordinator says of it once it has met that. */
  const waiting = async (switchId: number): Promise<{ readonly workflowId: string; readonly waitingFor: string }> => {
    const response = await system.post({
      action: 'ip_assigned',
      serverId: serverOn(switchId),
      ip: `10.${switchId}.0.2`,
    });
    const { workflowId } = (await response.json()) as { workflowId: string };
    for (;;) {
      const answer = (await (
        await fetch(`${system.running.apiUrl}/api/port-security/events/${encodeURIComponent(workflowId)}`, {
          headers: { authorization: `Bearer ${system.site.environment['PORT_SECURITY_EVENT_API_BEARER_TOKEN'] ?? ''}` },
        })
      ).json()) as EventAnswer;
      if (answer.state !== 'running') throw new Error(`the event ended: ${JSON.stringify(answer)}`);
      if (answer.waitingFor?.includes('netops') === true) return { workflowId, waitingFor: answer.waitingFor };
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  test("a colleague's confirmed commit is neither confirmed nor taken for finished: the event waits until its time is over", async () => {
    const device = simulated(PENDING);
    const before = device.committedSet();
    device.faults.clockSkewMs = -15 * MINUTE;
    device.faults.commitLog.pendingMark = false;
    device.editAsOperator(['set vlans guests vlan-id 900'], { user: 'netops' }).commitConfirmed(10);
    const { workflowId } = await waiting(PENDING);
    expect(device.pendingConfirm()?.user).toBe('netops');
    expect(await bound(PENDING)).toEqual([]);
    device.advance(13);
    expect(device.committedSet()).toEqual(before);
    expect((await system.outcome(workflowId)).outcome?.status).toBe('applied');
    device.advance(24 * 60);
    expect(await bound(PENDING)).toHaveLength(1);
  });

  test('a pending commit at holds the event up and fails nothing', async () => {
    const device = simulated(SCHEDULED);
    device.editAsOperator(['set vlans guests vlan-id 900'], { user: 'netops' }).commitAt(30);
    const { workflowId } = await waiting(SCHEDULED);
    expect(await bound(SCHEDULED)).toEqual([]);
    device.advance(31);
    expect((await system.outcome(workflowId)).outcome?.status).toBe('applied');
    expect(device.committedSet()).toContain('set vlans guests vlan-id 900');
    device.advance(24 * 60);
    expect(await bound(SCHEDULED)).toHaveLength(1);
  });
});
