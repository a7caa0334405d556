import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS } from '../../src/store/migrations';

const root = join(__dirname, '..', '..');
const folder = join(root, 'src', 'store', 'migrations');

describe('the embedded migrations', () => {
  it('are the SQL files, in order', () => {
    const { entries } = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
      entries: { tag: string }[];
    };
    expect(MIGRATIONS.map(({ tag }) => tag)).toEqual(entries.map(({ tag }) => tag));
    for (const { tag, statements } of MIGRATIONS) {
      const file = readFileSync(join(folder, `${tag}.sql`), 'utf8');
      expect(statements).toEqual(file.split('--> statement-breakpoint').map((statement) => statement.trim()));
    }
  });

  it('make the schema of the tables: drizzle-kit finds nothing left to generate', () => {
    const copy = mkdtempSync(join(root, 'node_modules', '.cache-migrations-'));
    try {
      cpSync(folder, join(copy, 'migrations'), { recursive: true });
      const config = join(copy, 'drizzle.config.json');
      const own = readFileSync(join(root, 'src', 'store', 'drizzle.config.json'), 'utf8');
      const configured = JSON.parse(own) as { readonly schema: readonly string[] };
      const relative = (path: string) => `./${path.slice(root.length + 1)}`;
      writeFileSync(
        config,
        JSON.stringify({
          dialect: 'postgresql',
          schema: configured.schema,
          out: relative(join(copy, 'migrations')),
        }),
      );
      const kit = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs');
      const output = execFileSync(process.execPath, [kit, 'generate', '--config', relative(config)], {
        cwd: root,
        encoding: 'utf8',
      });
      expect(output).toContain('No schema changes');
      expect(readdirSync(join(copy, 'migrations'))).toEqual(readdirSync(folder));
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
