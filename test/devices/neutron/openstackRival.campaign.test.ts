import { NeutronClient } from '../../../src/clients/openstack/neutron';
import type { NeutronPort } from '../../../src/clients/openstack/schemas';
import type { PortConvergence } from '../../../src/devices/pass/convergence';
import { parseIp } from '../../../src/domain/values/ip';
import { Random } from '../../chaos/random';
import { describeRealCloud } from '../../servers/neutron';
import { openstackClientUnavailable, startOpenstackClient, type OpenstackClient } from '../../servers/openstackClient';
import { campaign } from '../../support/campaign';
import { PolicyBench } from './policyCloud';
import { startRealPolicyCloud, type RealPolicyCloud } from './realPolicyCloud';

/**
 * A real Neutron on PostgreSQL, where writers of one moment are both let through, and as the rival OpenStack's own client:
 * `openstack port set` and `port unset` read the port, change the list, and write all of it, without a revision. Its commands
 * run in one process of its shell, or each would cost a second of computing. Our side gives and takes pairs and groups, and
 * switches port security off and on.
 */

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(3_600_000);

const { runs: ROUNDS, seed: SEED } = campaign({
  name: "rounds against OpenStack's own client",
  whole: 200,
  runsVariable: 'PORTWARDEN_RIVAL_ROUNDS',
  seedVariable: 'PORTWARDEN_RIVAL_SEED',
});
/** How far apart both begin, in the half of the rounds in which they do not begin together. */
const MOST_STAGGER_MS = 250;
const OURS = [100, 101, 102, 103].map((host) => `10.10.10.${host}`);
const RIVALS = [200, 201, 202, 203].map((host) => `10.10.10.${host}`);
/** What a pass says when somebody else wrote. */
const CONFLICTS = ['device-conflict', 'device-readback-mismatch'];

interface Settings {
  readonly security_groups: readonly string[];
  readonly allowed_address_pairs: readonly { readonly ip_address: string }[];
}

/** Our client, and what it read last: after an applied change that is the reading that proves it. */
class WatchedClient extends NeutronClient {
  last: readonly NeutronPort[] = [];

  override async ports(...args: Parameters<NeutronClient['ports']>): Promise<readonly NeutronPort[]> {
    this.last = await super.ports(...args);
    return this.last;
  }
}

/** What somebody put on the port: addresses of pairs, ids of groups. */
function thingsOn({ allowed_address_pairs: pairs, security_groups: groups }: Settings): ReadonlySet<string> {
  return new Set([...pairs.map(({ ip_address }) => ip_address), ...groups]);
}

describeRealCloud(
  'a real Neutron on PostgreSQL, with the openstack client as rival',
  (title) => {
    describe(title, () => {
      let cloud: RealPolicyCloud;
      let rival: OpenstackClient;
      let client: WatchedClient;
      beforeAll(async () => {
        cloud = await startRealPolicyCloud('postgres', (options) => (client = new WatchedClient(options)));
        rival = await startOpenstackClient(cloud.project.options.authUrl, cloud.project.operator);
      });
      afterAll(async () => {
        await rival.stop();
        await cloud.stop();
      });

      it(`${ROUNDS} rounds, staggered and in lockstep: ours are there in the end, and nothing of the rival's goes through a write of ours unless a conflict says so`, async () => {
        const random = new Random(SEED);
        const [port, sibling] = cloud.ports;
        const bench = new PolicyBench(cloud);
        const rivalGroup = await cloud.makeGroup('rival');
        const ourGroups = [await cloud.makeGroup('ours-1'), await cloud.makeGroup('ours-2')];
        const { mac_address: mac } = await cloud.show(port);
        await cloud.write(port, { security_groups: [], allowed_address_pairs: [] });
        const untouched = JSON.stringify(await cloud.show(sibling));
        const pairs = new Set<string>();
        const groups = new Set<string>();
        const security = { isOff: false };
        /** What the rival has put there, as far as it was told, and nobody said that it may be lost. */
        const theirs = new Set<string>();
        const seen = new Map<string, number>();
        const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

        const pass = (named: readonly string[]): Promise<PortConvergence> => {
          bench.say(port, security.isOff ? { security: 'off' } : { groups: [...groups] });
          return bench.pass(port, [...pairs], { removals: { named: named.map(parseIp), absent: [] } });
        };
        const toggle = <T>(set: Set<T>, one: T): void => {
          if (!set.delete(one)) set.add(one);
        };
        /** What we want otherwise now. @returns the addresses that an event names for removal */
        const change = (): readonly string[] => {
          const what =
            security.isOff && random.chance(0.5) ? 'security' : random.pick(['pair', 'pair', 'group', 'security']);
          count(what);
          if (what === 'pair') {
            const ip = random.pick(OURS);
            toggle(pairs, ip);
            return pairs.has(ip) ? [] : [ip];
          }
          if (what === 'group') toggle(groups, random.pick(ourGroups));
          else security.isOff = !security.isOff;
          return [];
        };
        /** The rival adds what is not there and takes away what is. */
        const command = (thing: string, isThere: boolean): Promise<{ readonly status: number }> => {
          const option =
            thing === rivalGroup
              ? ['--security-group', rivalGroup]
              : ['--allowed-address', `ip-address=${thing},mac-address=${mac}`];
          return rival.run('port', isThere ? 'unset' : 'set', ...option, port);
        };

        for (let round = 0; round < ROUNDS; round += 1) {
          const before = thingsOn(await cloud.show(port));
          const named = change();
          const thing = round % 3 === 0 ? rivalGroup : random.pick(RIVALS);
          const stagger = round % 2 === 0 ? 0 : (random.next() * 2 - 1) * MOST_STAGGER_MS;
          const [outcome, { status }] = await Promise.all([
            later(-stagger).then(() => pass(named)),
            later(stagger).then(() => command(thing, before.has(thing))),
          ]);
          const now = await cloud.show(port);
          const after = thingsOn(now);
          const proof = client.last.find(({ id }) => id === port);
          const said = outcome.status === 'failed' ? (outcome.error?.code ?? '') : outcome.status;
          const detail = { seed: SEED, round, said, error: outcome.error?.message, status, stagger };
          count(said);
          expect({ ...detail, isKnown: ['applied', 'unchanged', ...CONFLICTS].includes(said) }).toEqual({
            ...detail,
            isKnown: true,
          });
          if (status === 0 && before.has(thing)) {
            theirs.delete(thing);
            // Neutron merges lists that are written at once: what the rival took away may be there again, after our proof.
            if (after.has(thing)) count('undone');
          } else if (status === 0) theirs.add(thing);

          if (CONFLICTS.includes(said)) {
            // It was said: what the rival wrote in this round may be lost, and what it wrote of an older reading too.
            if (now.port_security_enabled) for (const one of theirs) if (!after.has(one)) theirs.delete(one);
            if (!after.has(thing)) theirs.delete(thing);
            continue;
          }
          const proven = proof === undefined ? new Set<string>() : thingsOn(proof);
          expect({ ...detail, isOff: proof?.port_security_enabled === false }).toEqual({ ...detail, ...security });
          if (security.isOff) {
            expect({ ...detail, proven: [...proven] }).toEqual({ ...detail, proven: [] });
            continue;
          }
          const missing = [...pairs, ...groups].filter((one) => !proven.has(one));
          const lost = [...theirs].filter((one) => !proven.has(one) && !after.has(one));
          expect({ ...detail, missing, lost }).toEqual({ ...detail, missing: [], lost: [] });
          // It had read the port while it was off, and wrote a list without its own things over ours, after our proof.
          for (const one of [...theirs].filter((other) => !after.has(other))) {
            theirs.delete(one);
            count('lost by its own');
          }
        }

        // The coordinator comes back to a port that failed; nobody disturbs it any more.
        security.isOff = false;
        const gone = OURS.filter((ip) => !pairs.has(ip));
        let last = await pass(gone);
        for (let again = 0; again < 3 && last.status === 'failed'; again += 1) last = await pass(gone);
        expect(last.status).not.toBe('failed');
        const shown = await cloud.show(port);
        const end = thingsOn(shown);
        expect(shown.port_security_enabled).toBe(true);
        expect(OURS.filter((ip) => end.has(ip))).toEqual([...pairs].sort());
        expect([...groups, ...theirs].filter((one) => !end.has(one))).toEqual([]);
        expect(JSON.stringify(await cloud.show(sibling))).toBe(untouched);
        process.stdout.write(
          `${ROUNDS} rounds against openstack, seed ${SEED}: ${JSON.stringify(Object.fromEntries(seen))}\n`,
        );
      });
    });
  },
  { database: 'postgres', unavailable: openstackClientUnavailable() },
);

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
