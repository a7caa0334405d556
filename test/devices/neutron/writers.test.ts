import type { Port } from '../../../lab/neutron/world';
import type { Convergence } from '../../../src/devices/pass/convergence';
import { converge } from '../../../src/devices/pass/converge';
import type { PortTarget } from '../../../src/devices/pass/request';
import { PortwardenError } from '../../../src/domain/errors';
import { bind, outcomeOf, recordingContext, request, target } from '../support';
import { contest } from './rivals';
import { startProject, type ProjectUnderTest } from './cloud';

/** What only this kind promises: several writers, no lock, one request for all attributes, spellings. */

let project: ProjectUnderTest;
afterEach(() => project.stop());

const portOf = (name: string): Port => {
  const port = project.lab.state.ports.get(name);
  if (port === undefined) throw new Error(`no port ${name}`);
  return port;
};
const own = (name: string, ip: string) => bind(ip, portOf(name).mac_address, 100);
const pairs = (name: string): string[] =>
  portOf(name).allowed_address_pairs.map(({ ip_address, mac_address }) => `${ip_address} ${mac_address}`);
const put = (targets: readonly PortTarget[], context = recordingContext()): Promise<Convergence> =>
  converge(project.device, request(targets), context);
const writes = (): number => project.lab.requests.filter((line) => line.startsWith('PUT')).length;

test('all three attributes go in one request with the revision that was read; groups stay, other ports are byte for byte as they were', async () => {
  project = await startProject();
  const { first, second, third } = project;
  const others = (): string => JSON.stringify([portOf(second), portOf(third)]);
  const before = others();
  const { security_groups: groups } = portOf(first);
  const result = await put([target(first, [own(first, '10.10.10.50')])]);
  expect(outcomeOf(result, first).status).toBe('applied');
  expect(portOf(first)).toMatchObject({ security_groups: groups, port_security_enabled: true });
  expect([writes(), others()]).toEqual([1, before]);
});

test.each(['10.10.10.50', '10.10.10.50/32'])(
  'a converged port is not written again, however its pair is spelled (%s)',
  async (spelled) => {
    project = await startProject();
    const { first } = project;
    const { mac_address: mac } = portOf(first);
    portOf(first).allowed_address_pairs = [
      { ip_address: spelled, mac_address: mac.toUpperCase().replaceAll(':', '-') },
      { ip_address: '2001:DB8:0::1', mac_address: mac },
    ];
    const revision = portOf(first).revision_number;
    for (let pass = 0; pass < 5; pass += 1) {
      const wanted = [own(first, '10.10.10.50'), own(first, '2001:db8::1')];
      expect(outcomeOf(await put([target(first, wanted)]), first).status).toBe('unchanged');
    }
    expect([writes(), portOf(first).revision_number]).toEqual([0, revision]);
  },
);

test('pairs of others survive in their own spelling, and wait for a person; a range is never removed by an event', async () => {
  project = await startProject();
  const { first } = project;
  const foreign = { ip_address: '10.99.0.0/16', mac_address: 'FA:16:3E:00:00:02' };
  portOf(first).allowed_address_pairs = [foreign];
  const result = await put([target(first, [own(first, '10.10.10.50')])]);
  expect(outcomeOf(result, first)).toMatchObject({
    status: 'applied',
    parked: { remove: [{ text: '10.99.0.0/16 from fa:16:3e:00:00:02' }] },
  });
  expect(portOf(first).allowed_address_pairs).toContainEqual(foreign);
});

test('a revision that others raised without touching pairs or groups is no conflict', async () => {
  project = await startProject();
  const { first, lab } = project;
  const context = recordingContext({
    beforeCommit: async () => {
      await lab.ports.update(project.cloud.operator, first, { name: 'renamed' }, undefined);
    },
  });
  expect(outcomeOf(await put([target(first, [own(first, '10.10.10.50')])], context), first).status).toBe('applied');
  expect(portOf(first).name).toBe('renamed');
});

test('somebody who wrote pairs meanwhile is named, nothing of theirs is lost, and the next pass goes on', async () => {
  project = await startProject();
  const { first, lab, cloud } = project;
  const rival = { allowed_address_pairs: [{ ip_address: '10.10.10.60' }] };
  const context = recordingContext({
    beforeCommit: async () => {
      await lab.ports.update(cloud.operator, first, rival, undefined);
    },
  });
  const wanted = [target(first, [own(first, '10.10.10.50')])];
  const outcome = outcomeOf(await put(wanted, context), first);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'device-conflict', retryable: true } });
  expect(outcome.error?.message).toContain('10.10.10.60');
  expect(pairs(first)).toEqual([`10.10.10.60 ${portOf(first).mac_address}`]);
  expect(outcomeOf(await put(wanted), first).status).toBe('applied');
  expect(pairs(first)).toHaveLength(2);
});

test('a writer of the very same moment, whom Neutron does not see, is found by reading back', async () => {
  project = await startProject({ database: 'postgresql', writersAtOnce: 2 });
  const { first, lab, cloud } = project;
  const { mac_address: mac, revision_number: revision } = portOf(first);
  const rival = {
    port_security_enabled: true,
    security_groups: [],
    allowed_address_pairs: [{ ip_address: '10.10.10.60', mac_address: mac }],
  };
  let other: Promise<unknown> = Promise.resolve();
  const context = recordingContext({
    beforeCommit: async () => {
      other = lab.ports.update(cloud.operator, first, rival, `revision_number=${revision}`);
    },
  });
  const outcome = outcomeOf(await put([target(first, [own(first, '10.10.10.50')])], context), first);
  await other;
  // Of two writers that are both told 200 one wins whole. Whoever it was: what is said is what the port has.
  const isOurs = pairs(first).includes(`10.10.10.50 ${mac}`);
  const code = isOurs ? 'device-conflict' : 'device-readback-mismatch';
  expect(outcome).toMatchObject({ status: 'failed', error: { code, retryable: true } });
});

test('our write that took away what somebody wrote at the same moment says so, and the next pass finds ours done', async () => {
  project = await startProject({ database: 'postgresql', writersAtOnce: 2 });
  const { first, lab, cloud } = project;
  const { mac_address: mac, revision_number: revision } = portOf(first);
  let other: Promise<unknown> = Promise.resolve();
  const context = recordingContext({
    beforeCommit: async () => {
      const rival = { allowed_address_pairs: [{ ip_address: '10.10.10.60', mac_address: mac }] };
      other = lab.ports.update(cloud.operator, first, rival, undefined);
    },
  });
  const wanted = [target(first, [own(first, '10.10.10.50')])];
  const outcome = outcomeOf(await put(wanted, context), first);
  await other;
  expect(pairs(first)).toEqual([`10.10.10.50 ${mac}`]);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'device-conflict', retryable: true } });
  expect(outcome.error?.message).toContain(`revision went from ${revision} to ${revision + 2}`);
  expect(outcomeOf(await put(wanted), first).status).toBe('unchanged');
});

test('a higher revision that a rename explains is no conflict', async () => {
  project = await startProject();
  const { first, lab, cloud } = project;
  const context = recordingContext({
    onStep: (step) => {
      if (step === 'read-back') void lab.ports.update(cloud.operator, first, { name: 'renamed' }, undefined);
    },
  });
  const outcome = outcomeOf(await put([target(first, [own(first, '10.10.10.50')])], context), first);
  expect([outcome.status, portOf(first).name]).toEqual(['applied', 'renamed']);
});

test('a write whose answer is lost is looked for: it may have been carried out', async () => {
  project = await startProject();
  const { first, lab } = project;
  lab.fault({ of: 'PUT /v2.0/ports', answer: 'drop', carriedOut: true, times: 1 });
  expect(outcomeOf(await put([target(first, [own(first, '10.10.10.50')])]), first).status).toBe('applied');
  expect(writes()).toBe(1);
});

test('a cloud that is away before anything was written fails the pass; afterwards, only the ports that were not', async () => {
  project = await startProject();
  const { first, third, lab } = project;
  const wanted = [target(first, [own(first, '10.10.10.50')]), target(third, [own(third, '10.10.10.51')])];
  const end = lab.fault({ of: 'PUT /v2.0/ports', answer: { status: 503, body: 'away' } });
  await expect(put(wanted)).rejects.toMatchObject({ code: 'device-unreachable' });
  end();
  lab.fault({ of: `PUT /v2.0/ports/${third}`, answer: { status: 503, body: 'away' } });
  const result = await put(wanted);
  expect([outcomeOf(result, first).status, outcomeOf(result, third).error?.code]).toEqual([
    'applied',
    'device-unreachable',
  ]);
  expect([pairs(first).length, pairs(third).length]).toEqual([1, 0]);
});

test('when nothing can be read after a write, the outcome is not known', async () => {
  project = await startProject();
  const { first, lab } = project;
  const context = recordingContext({
    beforeCommit: async () => {
      lab.fault({ of: 'GET /v2.0/ports', answer: { status: 503, body: 'away' } });
    },
  });
  await expect(put([target(first, [own(first, '10.10.10.50')])], context)).rejects.toMatchObject({
    code: 'device-unknown-outcome',
  });
});

test('a fixed address needs no pair, and a port whose security is off takes none', async () => {
  project = await startProject();
  const { first, third } = project;
  Object.assign(portOf(third), { port_security_enabled: false, security_groups: [] });
  const result = await put([target(first, [own(first, '10.10.10.11')]), target(third, [own(third, '10.10.10.50')])]);
  expect(outcomeOf(result, first)).toMatchObject({
    status: 'unchanged',
    excluded: [{ ip: '10.10.10.11', rule: 'fixed-address' }],
  });
  expect(outcomeOf(result, third)).toMatchObject({
    status: 'unchanged',
    excluded: [{ ip: '10.10.10.50', rule: 'port-security-off' }],
  });
  expect(writes()).toBe(0);
});

test('more pairs than the cloud allows are refused before anything is sent, with the numbers', async () => {
  project = await startProject({ maxPairs: 2 });
  const { first } = project;
  portOf(first).allowed_address_pairs = [{ ip_address: '10.99.0.0/16', mac_address: 'fa:16:3e:00:00:02' }];
  const outcome = outcomeOf(await put([target(first, [own(first, '10.10.10.50'), own(first, '10.10.10.51')])]), first);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'device-rejected' } });
  expect(outcome.error?.message).toContain('3 of 2 pairs');
  expect(writes()).toBe(0);
});

test('who may not write is told so by its own code, and a port that is not there by its name', async () => {
  project = await startProject();
  const { first, lab } = project;
  const body = { NeutronError: { type: 'PolicyNotAuthorized', message: 'disallowed by policy' } };
  lab.fault({ of: 'PUT /v2.0/ports', answer: { status: 403, body } });
  const outcome = outcomeOf(await put([target(first, [own(first, '10.10.10.50')])]), first);
  expect(outcome.error).toMatchObject({ code: 'device-permission', retryable: false });
  const gone = '11111111-2222-3333-4444-555555555555';
  const missing = outcomeOf(await put([target(gone, [bind('10.10.10.50', 'fa:16:3e:00:00:01', 100)])]), gone);
  expect(missing.error?.message).toContain(gone);
  expect(new PortwardenError('device-conflict', '').retryable).toBe(true);
});

test.each(['sqlite', 'postgresql'] as const)(
  'against a rival that writes whole lists at the same time nothing is lost by our writes, and ours are there in the end (%s)',
  async (database) => {
    project = await startProject({ database, maxPairs: 10 });
    const { device, first, lab, cloud } = project;
    const { mac_address: mac } = portOf(first);
    const put = async (list: readonly object[]): Promise<void> => {
      await lab.ports.update(cloud.operator, first, { allowed_address_pairs: list }, undefined);
    };
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    const contested = {
      ...{ device, port: first, mac },
      addresses: async () => portOf(first).allowed_address_pairs.map(({ ip_address }) => ip_address),
      append: async (ip: string) => {
        await pause();
        const list = portOf(first).allowed_address_pairs;
        await pause();
        if (!list.some(({ ip_address }) => ip_address === ip))
          await put([...list, { ip_address: ip, mac_address: mac }]);
      },
      clear: () => put([]),
    };
    await contest(contested, 40);
  },
);
