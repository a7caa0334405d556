import fc from 'fast-check';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { parseIp } from '../../../src/domain/values/ip';
import { startFakePolicyCloud, type FakePolicyCloud } from './fakePolicyCloud';
import { campaign } from '../../support/campaign';
import { Intended } from './intended';
import { PolicyBench, stateOf, type PolicyWords } from './policyCloud';

/*
 * Whatever happens to a port, in whatever order: it is what a few lines of arithmetic say it shall be. People say and
 * unsay policies, others change what is theirs, the panel gives and takes addresses, and passes are cut off anywhere.
 */

const { runs: RUNS, seed: SEED } = campaign({
  name: 'sequences of policies on a port of the fake cloud',
  sample: 20,
  whole: 200,
  runsVariable: 'PORTWARDEN_PORT_SEQUENCES',
  seedVariable: 'PORTWARDEN_PORT_SEQUENCES_SEED',
});

const FOREIGN = ['192.0.2.1', '192.0.2.2'];
const PANEL = ['10.10.10.50', '10.10.10.51'];
const OWN = ['10.10.10.60'];
const GROUPS = ['web', 'db', 'mail'] as const;

type Cut = 'before-commit' | 'answer-lost' | 'memory-lost' | 'process-ends';

/** What happens, and how the pass that finds it first is cut off, if it is: the one after it is through. */
type Happening = { readonly cuts: readonly Cut[] } & (
  | { readonly kind: 'say'; readonly words: PolicyWords | undefined }
  | { readonly kind: 'panel'; readonly ips: readonly string[] }
  | { readonly kind: 'others-pair'; readonly ip: string }
  | { readonly kind: 'others-group'; readonly group: (typeof GROUPS)[number] }
);

const words: fc.Arbitrary<PolicyWords> = fc
  .record(
    {
      security: fc.constantFrom('on' as const, 'off' as const),
      groups: fc.subarray([...GROUPS]),
      pairs: fc.subarray([...FOREIGN, ...PANEL, ...OWN]),
      exclusive: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map(({ security, groups, pairs, exclusive }) => ({
    ...(security === undefined ? {} : { security }),
    ...(groups === undefined || security === 'off' ? {} : { groups }),
    ...(pairs === undefined || security === 'off' ? {} : { pairs }),
    ...(exclusive === undefined ? {} : { exclusive }),
  }));

const cuts: fc.Arbitrary<readonly Cut[]> = fc.array(
  fc.constantFrom<Cut>('before-commit', 'answer-lost', 'memory-lost', 'process-ends'),
  { maxLength: 2 },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const), words, cuts }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('say' as const), words: fc.constant(undefined), cuts }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('panel' as const), ips: fc.subarray(PANEL), cuts }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('others-pair' as const), ip: fc.constantFrom(...FOREIGN), cuts }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('others-group' as const), group: fc.constantFrom(...GROUPS), cuts }),
  },
);

let cloud: FakePolicyCloud;
const ids = new Map<string, string>();
beforeAll(async () => {
  cloud = await startFakePolicyCloud();
  for (const name of GROUPS) ids.set(name, await cloud.makeGroup(name));
});
afterAll(() => cloud.stop());

async function play(happenings: readonly Happening[]): Promise<void> {
  const [port] = cloud.ports;
  const intended = new Intended({ groups: ['web'], pairs: ['192.0.2.1'] }, (group) => ids.get(group) ?? '');
  let bench = new PolicyBench(cloud);
  await cloud.write(port, {
    port_security_enabled: true,
    security_groups: [ids.get('web')],
    allowed_address_pairs: [{ ip_address: '192.0.2.1' }],
  });
  cloud.project.lab.refusals.length = 0;
  let named: readonly string[] = [];
  const pass = (more = {}, losesMemory = false): Promise<unknown> => {
    bench.losesMemory = losesMemory;
    return bench.pass(port, intended.panel, { removals: { ...NO_REMOVALS, named: named.map(parseIp) } }, more);
  };
  const settle = async (): Promise<void> => {
    const before = cloud.writes();
    await pass();
    // One request, however far the passes before it came.
    expect(cloud.writes() - before).toBeLessThanOrEqual(1);
    expect(await stateOf(cloud, port)).toEqual(intended.state());
    const written = cloud.writes();
    named = [];
    await pass();
    expect(cloud.writes()).toBe(written);
  };
  for (const one of happenings) {
    switch (one.kind) {
      case 'say': {
        intended.said = one.words;
        bench.say(
          port,
          one.words?.groups === undefined
            ? one.words
            : { ...one.words, groups: one.words.groups.map((name) => ids.get(name) ?? '') },
        );
        if (one.words !== undefined && Object.keys(one.words).every((key) => key === 'exclusive')) {
          bench.say(port, undefined);
          intended.said = undefined;
        }
        break;
      }
      case 'panel': {
        named = intended.panel.filter((ip) => !one.ips.includes(ip));
        intended.panel = one.ips;
        break;
      }
      case 'others-pair':
        await others(port, intended, one);
        break;
      case 'others-group':
        await others(port, intended, one);
        break;
    }
    for (const how of one.cuts) {
      await cutOff(how, pass);
      if (how === 'process-ends') bench = restarted(bench);
    }
    await settle();
  }
  await settle();
  expect(cloud.project.lab.refusals.filter((line) => / (400|409) /.test(line))).toEqual([]);
  bench.say(port, undefined);
  intended.said = undefined;
  await settle();
  expect(bench.memories.size).toBe(0);
}

/** Somebody else toggles a pair or a group: what they take is theirs to take, and what is there already they do not add. */
async function others(
  port: FakePolicyCloud['ports'][number],
  intended: Intended,
  what: Extract<Happening, { kind: 'others-pair' | 'others-group' }>,
): Promise<void> {
  const { security_groups, allowed_address_pairs, port_security_enabled } = cloud.port(port);
  if (!port_security_enabled) return;
  if (what.kind === 'others-group') {
    const id = ids.get(what.group) ?? '';
    const has = security_groups.includes(id);
    intended.toggleGroup(what.group, has);
    await cloud.write(port, {
      security_groups: has ? security_groups.filter((one) => one !== id) : [...security_groups, id],
    });
    return;
  }
  const has = allowed_address_pairs.some(({ ip_address }) => ip_address === what.ip);
  intended.togglePair(what.ip, has);
  await cloud.write(port, {
    allowed_address_pairs: has
      ? allowed_address_pairs.filter(({ ip_address }) => ip_address !== what.ip)
      : [...allowed_address_pairs, { ip_address: what.ip }],
  });
}

/** A pass that ends in the middle. */
async function cutOff(how: Cut, pass: (more: object, losesMemory?: boolean) => Promise<unknown>): Promise<void> {
  const { lab } = cloud.project;
  const ends = new Error('cut off');
  if (how === 'before-commit') {
    await pass({ beforeCommit: () => Promise.reject(ends) }).catch(() => undefined);
    return;
  }
  if (how === 'answer-lost' || how === 'process-ends') {
    const takeBack = lab.fault({ of: 'PUT /v2.0/ports', answer: 'drop', carriedOut: how === 'answer-lost', times: 1 });
    await pass({}).catch(() => undefined);
    takeBack();
    return;
  }
  await pass({}, true).catch(() => undefined);
}

/** Another process: only what was stored is known. */
function restarted(bench: PolicyBench): PolicyBench {
  const next = new PolicyBench(cloud);
  next.policies = bench.policies;
  next.now = bench.now;
  for (const [port, memory] of bench.memories) next.memories.set(port, memory);
  return next;
}

test('any sequence of policies, of others, of the panel and of cut off passes leaves what was intended', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 8 }), async (happenings) => {
      await play(happenings);
    }),
    { numRuns: RUNS, seed: SEED },
  );
}, 600_000);

/** Others switch the port off and on too, policies of its network say something else, and a person approves whatever waits. */
type Rough = { readonly cuts: readonly Cut[] } & (
  | { readonly kind: 'say' | 'say-of-network'; readonly words: PolicyWords | undefined }
  | { readonly kind: 'others-off' | 'approve' | 'hour' }
  | { readonly kind: 'others-on'; readonly groups: readonly string[]; readonly pairs: readonly string[] }
);

const rough: fc.Arbitrary<Rough> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('say' as const, 'say-of-network' as const),
    words: fc.option(words, { nil: undefined }),
    cuts,
  }),
  fc.record({ kind: fc.constantFrom('others-off' as const, 'approve' as const, 'hour' as const), cuts }),
  fc.record({
    kind: fc.constant('others-on' as const),
    groups: fc.subarray([...GROUPS]),
    pairs: fc.subarray(FOREIGN),
    cuts,
  }),
);

const isSaid = (said: PolicyWords | undefined): said is PolicyWords =>
  said !== undefined && Object.keys(said).some((key) => key !== 'exclusive');

const withIds = ({ groups, ...said }: PolicyWords): PolicyWords => ({
  ...said,
  ...(groups === undefined ? {} : { groups: groups.map((name) => ids.get(name) ?? '') }),
});

async function playRough(happenings: readonly Rough[]): Promise<void> {
  const [port] = cloud.ports;
  const { network_id: network } = cloud.port(port);
  let bench = new PolicyBench(cloud);
  await cloud.write(port, {
    port_security_enabled: true,
    security_groups: [ids.get('web')],
    allowed_address_pairs: [{ ip_address: '192.0.2.1' }],
  });
  cloud.project.lab.refusals.length = 0;
  const settle = async (approved: { readonly approvedFingerprint?: string } = {}): Promise<string | undefined> => {
    await bench.pass(port, PANEL, approved);
    const written = cloud.writes();
    const { parked } = await bench.pass(port, PANEL);
    expect(cloud.writes()).toBe(written);
    const said = bench.policies.find(({ scope }) => scope.kind === 'port' && scope.port === port);
    const isOver = said?.expiresAt !== undefined && said.expiresAt <= bench.now;
    if (said?.portSecurity === 'off' && !isOver) expect((await stateOf(cloud, port)).security).toBe('off');
    return parked?.fingerprint;
  };
  let waiting: string | undefined;
  for (const one of happenings) {
    switch (one.kind) {
      case 'say':
        bench.say(
          port,
          isSaid(one.words)
            ? { ...withIds(one.words), expiresAt: new Date(bench.now.getTime() + 1_800_000) }
            : undefined,
        );
        break;
      case 'say-of-network': {
        const scope = { kind: 'network' as const, device: cloud.device.id, network };
        bench.policies = bench.policies.filter(({ scope: { kind } }) => kind !== 'network');
        if (isSaid(one.words)) bench.policies.push({ ...bench.policy(port, withIds(one.words)), scope });
        break;
      }
      case 'others-off':
        await cloud.write(port, { port_security_enabled: false, security_groups: [], allowed_address_pairs: [] });
        break;
      case 'others-on':
        await cloud.write(port, {
          port_security_enabled: true,
          security_groups: one.groups.map((name) => ids.get(name)),
          allowed_address_pairs: one.pairs.map((ip_address) => ({ ip_address })),
        });
        break;
      case 'hour':
        bench.now = new Date(bench.now.getTime() + 3_600_000);
        break;
      case 'approve':
        break;
    }
    const approved = one.kind === 'approve' && waiting !== undefined ? { approvedFingerprint: waiting } : {};
    for (const how of one.cuts) {
      await cutOff(how, (more, losesMemory = false) => {
        bench.losesMemory = losesMemory;
        return bench.pass(port, PANEL, approved, more);
      });
      if (how === 'process-ends') bench = restarted(bench);
      bench.losesMemory = false;
    }
    waiting = await settle(approved);
  }
  bench.policies = [];
  await settle();
  // A port that was off before a policy said on is off again, and what was given to it meanwhile waits with it.
  if ((await stateOf(cloud, port)).security === 'on') expect(bench.memories.size).toBe(0);
  expect(cloud.project.lab.refusals.filter((line) => / (400|409) /.test(line))).toEqual([]);
}

test('whoever else switches the port, and whatever is approved or ends: Neutron refuses nothing, and a settled port is not written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rough, { minLength: 1, maxLength: 8 }), async (happenings) => {
      await playRough(happenings);
    }),
    { numRuns: RUNS / 2, seed: SEED },
  );
}, 600_000);
