import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCorpus } from './corpus';

const ROOT = join(__dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts', 'record-histories.mjs');

describe('the histories of released versions', () => {
  test('are as they were when the version was released', () => {
    expect(readCorpus(__dirname).altered).toEqual([]);
  });

  test('are kept of every version that is tagged, or it is retired', () => {
    let tags: string[];
    try {
      tags = execFileSync('git', ['tag', '--list', 'v[0-9]*'], {
        cwd: ROOT,
        encoding: 'utf8',
        timeout: 10_000,
        stdio: ['ignore', 'pipe', 'ignore'],
      }).split('\n');
    } catch {
      tags = [];
    }
    const { versions, retired } = readCorpus(__dirname);
    expect(
      tags
        .filter((tag) => tag !== '')
        .map((tag) => tag.slice(1))
        .filter((version) => !versions.includes(version) && !retired.includes(version)),
    ).toEqual([]);
    expect(versions.filter((version) => retired.includes(version))).toEqual([]);
  });
});

describe('keeping the histories of a release', () => {
  let directory: string;
  const keep = (version: string): { code: number | null; said: string } => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, '--release', version, '--directory', directory], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { code: status, said: stderr };
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portwarden-released-'));
    for (const name of ['dedicated-event.json', 'vm-event.json'])
      cpSync(join(__dirname, 'histories', name), join(directory, 'histories', name));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('puts them where they are replayed from then on', () => {
    expect(keep('1.2.3')).toMatchObject({ code: 0 });
    expect(keep('1.3.0-rc.1')).toMatchObject({ code: 0 });
    expect(readCorpus(directory)).toMatchObject({ versions: ['1.2.3', '1.3.0-rc.1'], altered: [] });
    expect(readCorpus(directory).released.map(({ name }) => name)).toEqual([
      '1.2.3/dedicated-event.json',
      '1.2.3/vm-event.json',
      '1.3.0-rc.1/dedicated-event.json',
      '1.3.0-rc.1/vm-event.json',
    ]);
  });

  test('is refused for a version that has them: they are never recorded again', () => {
    keep('1.2.3');
    const kept = join(directory, 'released', '1.2.3', 'vm-event.json');
    const before = readFileSync(kept, 'utf8');
    writeFileSync(join(directory, 'histories', 'vm-event.json'), '{"events":[]}');
    const again = keep('1.2.3');
    expect(again.code).toBe(1);
    expect(again.said).toMatch(/never recorded again.*patched\(\)/);
    expect(readFileSync(kept, 'utf8')).toBe(before);
  });

  test.each(['1.2', 'v1.2.3', '../1.2.3', ''])('is refused for %j, which is no version', (version) => {
    expect(keep(version).code).toBe(1);
    expect(readCorpus(directory).versions).toEqual([]);
  });

  test('makes every later change of them known', () => {
    keep('1.2.3');
    const folder = join(directory, 'released', '1.2.3');
    appendFileSync(join(folder, 'vm-event.json'), '\n');
    rmSync(join(folder, 'dedicated-event.json'));
    writeFileSync(join(folder, 'another.json'), '{}');
    expect([...readCorpus(directory).altered].sort()).toEqual([
      '1.2.3/another.json was added',
      '1.2.3/dedicated-event.json is gone',
      '1.2.3/vm-event.json was changed',
    ]);
    writeFileSync(join(directory, 'released', 'RETIRED'), '1.0.0\n\n1.1.0\n');
    expect(readCorpus(directory).retired).toEqual(['1.0.0', '1.1.0']);
    rmSync(join(folder, 'SHA256SUMS'));
    expect(readCorpus(directory).altered).toEqual(['1.2.3/SHA256SUMS is missing']);
  });
});
