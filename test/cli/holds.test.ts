import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const REF = { id: '3', device: 'junos:1', port: 'ge-0/0/1.0' };
const PLAN = {
  ...{
    summary: 'junos:1 as backup 7 of T0 has it: 1 port(s) would change',
    hash: 'abc',
    device: 'junos:1',
    backup: '7',
  },
  backupAt: 'T0',
  ports: [
    { port: 'ge-0/0/1.0', status: 'change', bindings: 2, added: ['A'], removed: ['B'], refusals: [], replaces: '2' },
    { port: 'ge-0/0/2.0', status: 'refused', bindings: 1, added: [], removed: [], refusals: ['the VLAN is gone'] },
  ],
  notes: ['not automated, and left alone: ge-0/0/9.0'],
};
const OUTCOME = { device: 'junos:1', port: 'ge-0/0/1.0', status: 'applied', summary: '1 added, 1 removed' };
const RESTORED = { summary: '1 port(s) held', holds: [REF], refused: [], outcomes: [OUTCOME] };
const END = { summary: '1 hold(s) would end, 1 port(s) would change', hash: 'def' };
const ended = (outcome: unknown) => ({ state: 'completed', outcome });
const HOLD = {
  ...{ ...REF, backup: '7', backupAt: 'T0', author: 'ada', reason: 'wrong ticket', createdAt: 'T1' },
  ...{ statements: [{ text: 'A' }, { text: 'C' }], removes: [{ text: 'B' }], brought: [{ text: 'A' }] },
};
const SAID = ['--reason', 'wrong ticket', '--author', 'ada'];

describe('backup restore', () => {
  it('shows the plan and its hash, and does nothing', async () => {
    cli.answers.push(PLAN);
    const { code, out } = await cli.run('backup', 'restore', '1', 'latest', '--preview');
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'ge-0/0/1.0 change, 2 binding(s), in the place of hold 2',
        ...['  + A', '  - B', 'ge-0/0/2.0 refused, 1 binding(s)', '  ! the VLAN is gone'],
        ...['not automated, and left alone: ge-0/0/9.0', PLAN.summary, 'hash abc', ''],
      ],
    ]);
    expect(cli.asked).toEqual([{ path: '/api/restores/plan', body: { device: 'junos:1', backup: 'latest' } }]);
  });

  it('does exactly what a hash names, without looking again, for a week unless another time is given', async () => {
    cli.answers.push({ workflowId: 'w' }, ended(RESTORED));
    const { code, out } = await cli.run('backup', 'restore', 'junos:1', '7', 'ge-0/0/1', '--hash', 'abc', ...SAID);
    expect([code, out]).toEqual([0, 'junos:1 ge-0/0/1.0 applied: 1 added, 1 removed\n1 port(s) held\nhold 3\n']);
    const [restore] = cli.asked;
    expect(restore).toMatchObject({
      path: '/api/restores',
      body: { device: 'junos:1', backup: '7', port: 'ge-0/0/1', hash: 'abc', author: 'ada', reason: 'wrong ticket' },
    });
    const { expiresAt } = restore?.body as { expiresAt: string };
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 7 * 86_400_000)).toBeLessThan(60_000);
  });

  it('does whatever is due with --yes, by the hash of what it shows; what was refused is no success', async () => {
    const refused = [{ port: 'ge-0/0/2.0', refusals: ['the VLAN is gone'] }];
    cli.answers.push(PLAN, { workflowId: 'w' }, ended({ ...RESTORED, refused }));
    const { code, out } = await cli.run('backup', 'restore', '1', '7', '--yes', '--expires', '1h', ...SAID);
    expect([code, cli.asked[1]?.body]).toMatchObject([4, { hash: 'abc', backup: '7' }]);
    expect(out).toContain('ge-0/0/2.0 refused: the VLAN is gone');
  });

  it('does nothing when all is refused, without a reason, or unasked', async () => {
    cli.answers.push({ ...PLAN, ports: [PLAN.ports[1]] });
    expect((await cli.run('backup', 'restore', '1', '7', '--yes', ...SAID)).code).toBe(4);
    expect(cli.asked).toHaveLength(1);
    expect((await cli.run('backup', 'restore', '1', '7', '--yes')).err).toContain('--reason');
    expect((await cli.run('backup', 'restore', '1', '7', ...SAID)).err).toContain('--preview');
    expect((await cli.run('backup', 'restore', '1', '7', '--yes', '--expires', '2020-01-01', ...SAID)).code).toBe(2);
    expect(cli.asked).toHaveLength(1);
  });

  it('ends as the workflow does', async () => {
    cli.answers.push(
      { workflowId: 'w' },
      { state: 'failed', error: { code: 'hold-differs', message: 'not as shown' } },
    );
    const { code, err } = await cli.run('backup', 'restore', '1', '7', '--hash', 'abc', ...SAID);
    expect([code, err]).toEqual([1, expect.stringContaining('hold-differs')]);
  });
});

describe('hold', () => {
  it('list shows all pages: what holds, what is over, and what was released', async () => {
    const [holding, over] = [
      { ...HOLD, expiresAt: '2099-01-01T00:00:00.000Z' },
      { ...HOLD, id: '4', expiresAt: '2026-01-01T00:00:00.000Z' },
    ];
    const released = { ...holding, id: '5', released: { author: 'bob', reason: 'mended', at: 'T2' } };
    cli.answers.push({ holds: [holding, over], next: 'n' }, { holds: [released] });
    const { code, out } = await cli.run('hold', 'list', 'junos:1', 'ge-0/0/1');
    expect(code).toBe(0);
    expect(out).toContain('   3  junos:1 ge-0/0/1.0  as backup 7 of T0\n      by ada since T1, until 2099-');
    expect(out).toContain('OVER since 2026-01-01T00:00:00.000Z, waits for a person: wrong ticket');
    expect(out).toContain('released by bob at T2: mended');
    expect(cli.asked.map(({ path }) => path)).toEqual([
      '/api/holds?limit=500&device=junos%3A1&port=ge-0%2F0%2F1',
      '/api/holds?limit=500&device=junos%3A1&port=ge-0%2F0%2F1&after=n',
    ]);
    cli.answers.push({ holds: [] });
    expect((await cli.run('hold', 'list')).out).toBe('Nothing is held\n');
  });

  it('show says what it has, what the restore brought, and what it took', async () => {
    cli.answers.push({ ...HOLD, expiresAt: '2099-01-01T00:00:00.000Z' });
    const { out } = await cli.run('hold', 'show', '3');
    expect(out.split('\n').slice(2, -1)).toEqual(['      A (brought by the restore)', '      C', '      - B']);
  });

  it('release shows what the sources make of the port, and does exactly that', async () => {
    cli.answers.push({ ...END, ports: [{ ...REF, added: ['A'], removed: ['B'], parked: 'nobody knows C' }] });
    const { code, out } = await cli.run('hold', 'release', '3', '--preview');
    expect([code, out]).toEqual([
      0,
      `hold 3  junos:1 ge-0/0/1.0\n  + A\n  - B\n  waits for a person then: nobody knows C\n${END.summary}\nhash def\n`,
    ]);
    cli.answers.push({ workflowId: 'w' }, ended({ summary: '1 released', released: [REF], outcomes: [OUTCOME] }));
    expect(await cli.run('hold', 'release', '3', '--hash', 'def', ...SAID)).toMatchObject({
      code: 0,
      out: 'junos:1 ge-0/0/1.0 applied: 1 added, 1 removed\n1 released\n',
    });
    expect(cli.asked[1]).toEqual({
      path: '/api/holds/release',
      body: { ids: ['3'], hash: 'def', author: 'ada', reason: 'wrong ticket' },
    });
  });

  it('release takes all of a device; what cannot be looked at now is not released', async () => {
    cli.answers.push({ holds: [{ ...HOLD, expiresAt: '2099-01-01T00:00:00.000Z' }] });
    cli.answers.push({ ...END, ports: [{ ...REF, added: [], removed: [], trouble: 'the panel is away' }] });
    const { code, out } = await cli.run('hold', 'release', '--device', 'junos:1', '--yes', ...SAID);
    expect([code, cli.asked.map(({ body }) => body)]).toEqual([4, [undefined, { ids: ['3'] }]]);
    expect(out).toContain('it cannot be said now: the panel is away');
    cli.answers.push({ holds: [] });
    expect((await cli.run('hold', 'release', '--device', 'junos:1', '--yes', ...SAID)).out).toBe('Nothing is held\n');
    expect((await cli.run('hold', 'release', '--yes', ...SAID)).code).toBe(2);
    expect((await cli.run('hold', 'release', '3', '--device', 'junos:1', '--yes', ...SAID)).code).toBe(2);
  });

  it('says when a hold of a port that is not automated any more just ends, and when nothing would change', async () => {
    cli.answers.push({
      ...END,
      ports: [
        { ...REF, added: [], removed: [] },
        { ...REF, id: '4', added: [], removed: [], leftAlone: 'no switchAutomation' },
      ],
    });
    const { out } = await cli.run('hold', 'release', '3', '4', '--preview');
    expect(out).toContain('hold 3  junos:1 ge-0/0/1.0: nothing would change\n');
    expect(out).toContain('  the hold just ends: no switchAutomation');
  });
});
