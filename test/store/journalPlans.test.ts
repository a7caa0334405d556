import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { deviceId } from '../../src/domain/values/device';
import { parseIp } from '../../src/domain/values/ip';
import { parseMac } from '../../src/domain/values/mac';
import { parsePortName } from '../../src/domain/values/port';
import type { Engine } from '../../src/store/engine/database';
import { openEmbeddedEngine } from '../../src/store/engine/embeddedEngine';
import { migrate } from '../../src/store/engine/migrate';
import { selectJournal, type JournalFilter } from '../../src/store/journalFilter';
import { MIGRATIONS } from '../../src/store/migrations';
import { placePreparedStore } from './preparedStore';

/** One every two minutes, so that the oldest is four weeks old. */
const ENTRIES = 20_000;
const PAGE = 50;

const root = mkdtempSync(join(tmpdir(), 'portwarden-journal-'));
let engine: Engine;
beforeAll(async () => {
  await placePreparedStore(root);
  engine = await openEmbeddedEngine(root);
  await migrate(engine.database, MIGRATIONS);
  await engine.database.execute(
    sql.raw(`
      INSERT INTO journal (at, device, port, workflow_id, status, summary, added, removed, commands, commit, events, author, policies)
      SELECT now() - (${ENTRIES} - n) * interval '2 minutes', 'junos:' || n % 200, 'ge-0/0/' || n / 200 % 48 || '.0', 'device:junos:' || n % 200,
        CASE WHEN n % 300 = 7 THEN 'failed' ELSE 'applied' END, 's',
        jsonb_build_array(jsonb_build_object('key', 'k' || n, 'text', 't' || n, 'ip', '10.0.' || n / 250 % 250 || '.' || n % 250,
          'mac', '02:00:00:00:' || lpad(to_hex(n / 256 % 256), 2, '0') || ':' || lpad(to_hex(n % 256), 2, '0'))),
        '[]', '[]', 'commit ' || n / 10, jsonb_build_array('event-' || n), CASE WHEN n % 300 = 3 THEN 'ada' END,
        CASE WHEN n % 300 = 3 THEN jsonb_build_array('server ' || n) END
      FROM generate_series(1, ${ENTRIES}) AS n ORDER BY n`),
  );
  await engine.database.execute(sql.raw('ANALYZE journal'));
}, 300_000);
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number | undefined;
  readonly Plans?: readonly Plan[] | undefined;
}
const plan: z.ZodType<Plan> = z.looseObject({
  'Node Type': z.string(),
  'Actual Rows': z.number(),
  'Actual Loops': z.number(),
  'Rows Removed by Filter': z.number().optional(),
  Plans: z.lazy(() => z.array(plan)).optional(),
});
const explained = z.object({ rows: z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: plan })]) })]) });

/** How many rows of the table a page reads, and how many it has. */
async function read(filter: JournalFilter): Promise<{ readonly rows: number; readonly page: number }> {
  const query = selectJournal(engine.database, filter, PAGE);
  const answer = await engine.database.execute(sql`EXPLAIN (ANALYZE, FORMAT JSON) ${query}`);
  const [
    {
      'QUERY PLAN': [{ Plan: top }],
    },
  ] = explained.parse(answer).rows;
  return { rows: rowsOf(top), page: top['Actual Rows'] };
}

function rowsOf(node: Plan): number {
  const own = node['Node Type'].includes('Scan') ? node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) : 0;
  return own * node['Actual Loops'] + (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), 0);
}

const ago = (days: number): Date => new Date(Date.now() - days * 86_400_000);
const device = deviceId('junos', 7);

describe(`a page of ${PAGE} of ${ENTRIES} entries reads few of them`, () => {
  it.each<[string, number, number, JournalFilter]>([
    ['the newest', PAGE, 200, {}],
    ['far back', PAGE, 200, { before: '1000' }],
    ['of a device', PAGE, 200, { device }],
    ['of a port', 2, 200, { device, port: parsePortName('ge-0/0/5.0') }],
    ['of a rare status', PAGE, 200, { status: 'failed' }],
    ['of a commit', 10, 200, { commit: 'commit 77' }],
    ['of a workflow', PAGE, 200, { workflowId: 'device:junos:7' }],
    ['of a person', PAGE, 400, { author: 'ada' }],
    ['of an event', 1, 200, { event: 'event-77' }],
    ['of a policy', 1, 400, { policy: 'server 3' }],
    ['of an address', 1, 400, { ip: parseIp('10.0.1.7') }],
    ['of a MAC', 1, 400, { mac: parseMac('02:00:00:00:01:07') }],
    ['of a statement', 1, 400, { statement: 't77' }],
    ['of an address of a device', 1, 900, { ip: parseIp('10.0.1.7'), device: deviceId('junos', 57) }],
    ['of what there is not', 0, 200, { ip: parseIp('192.0.2.1') }],
    ['of the oldest days', PAGE, 600, { until: ago(20) }],
    ['of a day long ago', PAGE, 900, { since: ago(20), until: ago(19) }],
    ['of a device on a day long ago', 3, 900, { since: ago(20), until: ago(19), device }],
  ])('%s', async (_what, atLeast, atMost, filter) => {
    const { rows, page } = await read(filter);
    expect(page).toBeGreaterThanOrEqual(Math.min(atLeast, PAGE));
    expect(rows).toBeLessThanOrEqual(atMost);
  });
});
