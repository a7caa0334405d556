import { NeutronClient } from '../../../src/clients/openstack/neutron';
import { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import { converge } from '../../../src/devices/pass/converge';
import { deviceId } from '../../../src/domain/values/device';
import { describeRealCloud } from '../../servers/neutron';
import { openstackClientUnavailable, startOpenstackClient, type OpenstackClient } from '../../servers/openstackClient';
import { startRealProject, type RealProject } from '../../servers/realProject';
import { bind, outcomeOf, recordingContext, request, target } from '../support';

/**
 * A real Neutron on PostgreSQL, where writers of one moment are both let through, and as the rival OpenStack's own client:
 * `openstack port set` and `port unset` read the port, change the list, and write all of it, without a revision. Its commands
 * run in one process of its shell, or each would cost a second of computing.
 */

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(1_800_000);

const ROUNDS = Number(process.env['PORTWARDEN_RIVAL_ROUNDS'] ?? 200);
/** How far apart both begin, in the half of the rounds in which they do not begin together. */
const MOST_STAGGER_MS = 250;
const OURS = [100, 101, 102, 103].map((host) => `10.10.10.${host}`);
const RIVALS = [200, 201, 202, 203].map((host) => `10.10.10.${host}`);
/** What a pass says when somebody else wrote. */
const CONFLICTS = ['device-conflict', 'device-readback-mismatch'];

interface Shown {
  readonly mac_address: string;
  readonly security_groups: readonly string[];
  readonly allowed_address_pairs: readonly { readonly ip_address: string; readonly mac_address: string }[];
}

/** What somebody put on the port: addresses of pairs, ids of groups. */
function thingsOn({ allowed_address_pairs: pairs, security_groups: groups }: Shown): ReadonlySet<string> {
  return new Set([...pairs.map(({ ip_address }) => ip_address), ...groups]);
}

describeRealCloud(
  'a real Neutron on PostgreSQL, with the openstack client as rival',
  (title) => {
    describe(title, () => {
      let project: RealProject;
      let rival: OpenstackClient;
      let client: NeutronClient;
      beforeAll(async () => {
        project = await startRealProject('postgres');
        client = new NeutronClient(project.options);
        rival = await startOpenstackClient(project.options.authUrl, project.operator);
      });
      afterAll(async () => {
        await rival.stop();
        client.close();
        await project.stop();
      });

      it(`${ROUNDS} rounds, staggered and in lockstep: ours are there in the end, and nothing of the rival's goes through a write of ours unless a conflict says so`, async () => {
        const { ask, ports } = project;
        const [port, sibling] = ports;
        const shown = async (id: string = port): Promise<Shown> =>
          ((await ask('GET', `ports/${id}`)) as { readonly port: Shown }).port;
        const made = await ask('POST', 'security-groups', { security_group: { name: 'rival' } });
        const { id: group } = (made as { readonly security_group: { readonly id: string } }).security_group;
        const device = new NeutronDevice({ id: deviceId('neutron', 'real'), client, maxPairs: 10 });
        const { mac_address: mac } = await shown();
        const untouched = JSON.stringify(await shown(sibling));
        const ours = new Set<string>();
        const seen = new Map<string, number>();

        const pass = async (named: readonly string[]) => {
          const desired = [...ours].map((ip) => bind(ip, mac, 1));
          const removals = { named: named.map((ip) => bind(ip, mac, 1).ip), absent: [] };
          return outcomeOf(
            await converge(device, request([target(port, desired, { removals })]), recordingContext()),
            port,
          );
        };
        /** The rival adds what is not there and takes away what is. @returns what the port has then, if nobody disturbs it */
        const command = (thing: string, isThere: boolean): Promise<{ readonly status: number }> => {
          const option =
            thing === group
              ? ['--security-group', group]
              : ['--allowed-address', `ip-address=${thing},mac-address=${mac}`];
          return rival.run('port', isThere ? 'unset' : 'set', ...option, port);
        };

        for (let round = 0; round < ROUNDS; round += 1) {
          const before = thingsOn(await shown());
          const mine = OURS[round % OURS.length] ?? '';
          const named = ours.has(mine) ? [mine] : [];
          if (!ours.delete(mine)) ours.add(mine);
          const theirs = round % 3 === 0 ? group : (RIVALS[round % RIVALS.length] ?? '');
          const stagger = round % 2 === 0 ? 0 : (Math.random() * 2 - 1) * MOST_STAGGER_MS;
          const [outcome, { status }] = await Promise.all([
            later(-stagger).then(() => pass(named)),
            later(stagger).then(() => command(theirs, before.has(theirs))),
          ]);
          const after = thingsOn(await shown());
          const said = outcome.status === 'failed' ? (outcome.error?.code ?? '') : outcome.status;
          seen.set(said, (seen.get(said) ?? 0) + 1);
          if (outcome.status === 'failed') expect(CONFLICTS).toContain(said);
          // What the rival had, or was told that it has now, unless it was told that it took it away.
          const isDone = status === 0;
          const due = [...RIVALS, group].filter((thing) =>
            thing === theirs && isDone ? !before.has(thing) : before.has(thing) && thing !== theirs,
          );
          const lost = due.filter((thing) => !after.has(thing));
          const detail = { round, said, before: [...before], after: [...after], status, stagger };
          if (!CONFLICTS.includes(said)) expect({ ...detail, lost }).toEqual({ ...detail, lost: [] });
          // Neutron merges lists that are written at once: what the rival took away may be there again, after our proof.
          if (isDone && before.has(theirs) && after.has(theirs)) seen.set('undone', (seen.get('undone') ?? 0) + 1);
        }

        // The coordinator comes back to a port that failed; nobody disturbs it any more.
        let last = await pass(OURS.filter((ip) => !ours.has(ip)));
        for (let again = 0; again < 3 && last.status === 'failed'; again += 1)
          last = await pass(OURS.filter((ip) => !ours.has(ip)));
        expect(last.status).not.toBe('failed');
        const end = thingsOn(await shown());
        expect(OURS.filter((ip) => end.has(ip))).toEqual([...ours].sort());
        expect(JSON.stringify(await shown(sibling))).toBe(untouched);
        process.stdout.write(`${ROUNDS} rounds against openstack: ${JSON.stringify(Object.fromEntries(seen))}\n`);
        await ask('PUT', `ports/${port}`, { port: { security_groups: [], allowed_address_pairs: [] } });
        await ask('DELETE', `security-groups/${group}`);
      });
    });
  },
  { database: 'postgres', unavailable: openstackClientUnavailable() },
);

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
