import type { ActivityDependencies } from '../../../src/activities/dependencies';
import type { Statement } from '../../../src/domain/change/statement';
import type { NewPolicy } from '../../../src/domain/policies/storedPolicy';
import { ip, statement } from '../fakes/values';
import { Happenings } from './happenings';
import { fakeDate, step } from './play';
import { policyStatement, SECURITY_OFF } from './portSecurity';
import { Site } from './site';
import { macOf, PLUGS, refOf, SETTINGS, type TrueServer } from './truth';

/** What the judge of the sequences knows of virtual MACs and policies, each shown a commit that breaks it, and the same where it is right. */

fakeDate();

const [PLUG, , VIRTUAL_PLUG] = PLUGS;
const OF_POLICY = '10.0.13.220';
const FURTHER = '10.0.20.77';

/** A commit as the judge is shown it. */
interface Shown {
  readonly port: string;
  readonly before: readonly Statement[];
  readonly after: readonly Statement[];
}

async function siteAt(): Promise<Site> {
  const site = new Site();
  await new Happenings(site).begin();
  return site;
}

function serverAt(site: Site, plug: string): TrueServer {
  const found = [...site.database.values()].find((one) => one.plug === plug);
  if (found === undefined) throw new Error(`nobody is at ${plug}`);
  return found;
}

/** The judge's problems with a commit after what has come before. */
function problems(site: Site, { port, before, after }: Shown): readonly string[] {
  expect(site.judge.problems).toEqual([]);
  site.judge.committed(port, before, after);
  return site.judge.problems;
}

const added = (site: Site, port: string, ...more: Statement[]): Shown => {
  const before = site.present(port);
  return { port, before, after: [...before, ...more] };
};

function decided(site: Site, port: string, fields: Pick<NewPolicy, 'portSecurity' | 'allowedAddressPairs'>): void {
  const scope = { kind: 'port', ...refOf(port) } as const;
  const policy = { scope, ...fields, author: 'netops', reason: 'a test' };
  site.judge.persons.changedPolicy({ change: 'set', policy });
}

function ended(site: Site, port: string): void {
  const scope = { kind: 'port', ...refOf(port) } as const;
  site.judge.persons.changedPolicy({ change: 'unset', scope, author: 'netops', reason: 'over' });
}

/** The second address of the server at a switch where further addresses get virtual MACs, with the MAC that the product gave it. */
async function withVirtualMac(site: Site): Promise<{ readonly server: TrueServer; readonly bound: Statement }> {
  const before = serverAt(site, VIRTUAL_PLUG);
  site.put({ ...before, ips: [...before.ips, FURTHER] });
  site.tell({ action: 'ip_assigned', serverId: before.id, ip: FURTHER });
  await site.settle();
  const bound = site.present(VIRTUAL_PLUG).find((one) => one.ip === FURTHER);
  if (bound?.mac?.startsWith('02:') !== true) throw new Error('it got no virtual MAC');
  return { server: serverAt(site, VIRTUAL_PLUG), bound };
}

describe('policies', () => {
  test('port security that goes off, and nobody wants that', async () => {
    const site = await siteAt();
    const off = { port: PLUG, before: [], after: [SECURITY_OFF] };
    expect(problems(site, off)).toEqual([expect.stringContaining('nobody wants port security off')]);
    const wanted = await siteAt();
    decided(wanted, PLUG, { portSecurity: 'off' });
    expect(problems(wanted, off)).toEqual([]);
  });

  test('a binding at a port whose port security is off, and port security that comes back by itself', async () => {
    const site = await siteAt();
    const [first] = site.present(PLUG);
    if (first === undefined) throw new Error('the port is empty');
    const bound = { port: PLUG, before: [], after: [first] };
    decided(site, PLUG, { portSecurity: 'off' });
    expect(problems(site, bound)).toEqual([expect.stringContaining('whose port security is off')]);
    const back = { port: PLUG, before: [SECURITY_OFF], after: [] };
    const other = await siteAt();
    decided(other, PLUG, { portSecurity: 'off' });
    expect(problems(other, back)).toEqual([expect.stringContaining('it is asked for')]);
    ended(other, PLUG);
    other.judge.problems.splice(0);
    expect(problems(other, back)).toEqual([]);
    expect(problems(other, bound)).toEqual([]);
  });

  test('a further address of a policy that is bound once the policy has ended, and one that goes while it holds', async () => {
    const site = await siteAt();
    const asked = policyStatement(OF_POLICY);
    decided(site, PLUG, { allowedAddressPairs: [{ address: ip(OF_POLICY) }] });
    const come = added(site, PLUG, asked);
    const gone = { port: PLUG, before: come.after, after: come.before };
    expect(problems(site, come)).toEqual([]);
    expect(problems(site, gone)).toEqual([expect.stringContaining('nothing justified it')]);
    site.judge.problems.splice(0);
    ended(site, PLUG);
    expect(problems(site, gone)).toEqual([]);
    expect(problems(site, come)).toEqual([expect.stringContaining('where no policy asks for it')]);
  });

  test.each([
    [false, ''],
    [true, 'whose port security is off'],
  ])(
    'a policy that the product forgets (%s) lets the bindings of a port without security come back',
    async (forgets, problem) => {
      let isForgotten = false;
      const site = new Site((deps) => ({
        ...deps,
        store: Object.assign(Object.create(deps.store) as ActivityDependencies['store'], {
          policies: Object.assign(Object.create(deps.store.policies) as ActivityDependencies['store']['policies'], {
            inForce: (...asked: Parameters<typeof deps.store.policies.inForce>) =>
              isForgotten ? Promise.resolve([]) : deps.store.policies.inForce(...asked),
          }),
        }),
      }));
      const happenings = new Happenings(site);
      await happenings.begin();
      await happenings.happen(step('securityOff', 0, 2));
      expect(site.present(PLUG)).toEqual([SECURITY_OFF]);
      isForgotten = forgets;
      await happenings.happen(step('look', 0, 0));
      expect(site.judge.problems.join('\n')).toContain(problem);
      expect(site.judge.problems.length > 0).toBe(forgets);
    },
  );
});

describe('virtual MACs', () => {
  test('an address that is bound by the virtual MAC of another one', async () => {
    const site = await siteAt();
    const { bound } = await withVirtualMac(site);
    const taken = added(site, VIRTUAL_PLUG, statement('10.0.20.78', bound.mac ?? '', 'VLAN.20'));
    expect(problems(site, taken)).toEqual([expect.stringContaining(`by the virtual MAC of ${FURTHER}`)]);
  });

  test('an address that is bound by a virtual MAC which a person took away', async () => {
    const site = await siteAt();
    const { bound } = await withVirtualMac(site);
    const before = site.present(VIRTUAL_PLUG).filter((one) => one !== bound);
    const again = { port: VIRTUAL_PLUG, before, after: [...before, bound] };
    expect(problems(site, again)).toEqual([]);
    const [row] = site.world.store.virtualMacs.rows.filter(({ mac }) => mac === bound.mac);
    if (row === undefined) throw new Error('it is not stored');
    await site.revokeMac(row);
    expect(problems(site, again)).toEqual([expect.stringContaining('by the virtual MAC of nobody')]);
  });

  test('what is bound to a virtual MAC that a person took away, once everything works', async () => {
    const site = await siteAt();
    const { server, bound } = await withVirtualMac(site);
    site.change(new Map([...site.database].filter(([id]) => id !== server.id)));
    site.judge.final();
    expect(site.judge.problems).toEqual([]);
    site.judge.persons.revoked(bound.mac ?? '', server.id, FURTHER);
    site.judge.final();
    expect(site.judge.problems).toEqual([expect.stringContaining('a person revoked its virtual MAC')]);
    site.judge.problems.splice(0);
    const [row] = site.world.store.virtualMacs.rows.filter(({ mac }) => mac === bound.mac);
    if (row === undefined) throw new Error('it is not stored');
    await site.revokeMac(row);
    await site.settle();
    site.judge.final();
    expect(site.judge.problems).toEqual([]);
  });

  test("an address whose server's own MAC is replaced by a virtual one, and no person said so", async () => {
    const site = await siteAt();
    const { server, bound } = await withVirtualMac(site);
    const own = statement(FURTHER, macOf(server), 'VLAN.20');
    const rest = site.present(VIRTUAL_PLUG).filter((one) => one !== bound);
    const replaced = { port: VIRTUAL_PLUG, before: [...rest, own], after: [...rest, bound] };
    expect(problems(site, replaced)).toEqual([expect.stringContaining('no person said so')]);
    site.judge.problems.splice(0);
    site.judge.persons.gave(server.id, FURTHER);
    expect(problems(site, replaced)).toEqual([]);
  });

  test('a further address that is bound anew where such are refused; one that had the own MAC may come back', async () => {
    const site = await siteAt();
    const refusing = SETTINGS.find(({ further }) => further['junos:1'] === 'reject');
    if (refusing === undefined) throw new Error('no settings refuse further addresses');
    const server = serverAt(site, PLUG);
    site.put({ ...server, ips: [...server.ips, FURTHER] });
    site.configure(refusing);
    const own = statement(FURTHER, macOf(server), 'VLAN.20');
    expect(problems(site, added(site, PLUG, own))).toEqual([
      expect.stringContaining('where further addresses are reject'),
    ]);
    site.judge.problems.splice(0);
    const had = site.present(PLUG).find((one) => one.ip === server.ips[1]);
    if (had === undefined) throw new Error('its second address is not bound');
    const before = site.present(PLUG).filter((one) => one !== had);
    expect(problems(site, { port: PLUG, before, after: [...before, had] })).toEqual([]);
  });
});
