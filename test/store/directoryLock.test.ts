import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory } from '../../src/store/engine/directoryLock';
import { isRunning, processIdentity, type ProcessIdentity } from '../../src/primitives/processIdentity';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portwarden-lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const claims = (): string[] => readdirSync(folder);
const claim = (owner: ProcessIdentity, name = 'other.claim'): string => {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(owner));
  return file;
};
const otherProcess = (): number => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  children.push(child);
  return child.pid ?? 0;
};

describe('the lock of a directory', () => {
  it('is held by one at a time and given back', async () => {
    const first = await lockDirectory(folder);
    await expect(lockDirectory(folder)).rejects.toMatchObject({ code: 'store-locked' });
    expect(claims()).toHaveLength(1);
    first.release();
    first.release();
    expect(claims()).toEqual([]);
    (await lockDirectory(folder)).release();
  });

  it('names the process that holds it and the way out', async () => {
    const pid = otherProcess();
    const child = processIdentity(pid);
    claim(child);
    expect(isRunning(child)).toBe(true);
    await expect(lockDirectory(folder)).rejects.toThrow(new RegExp(`process ${pid} .*DATABASE_URL`));
    expect(claims()).toEqual(['other.claim']);
  });

  it('is taken over from a process that ended', async () => {
    const pid = otherProcess();
    const child = processIdentity(pid);
    claim(child);
    const ended = new Promise((resolve) => children[0]?.once('exit', resolve));
    children[0]?.kill('SIGKILL');
    await ended;
    const lock = await lockDirectory(folder);
    expect(claims()).not.toContain('other.claim');
    lock.release();
  });

  it('is taken over when the number of its process was given to another one', async () => {
    claim({ ...processIdentity(), pid: otherProcess(), started: '1' });
    (await lockDirectory(folder)).release();
    expect(claims()).toEqual([]);
  });

  it('of another machine or container is respected while its holder touches it', async () => {
    const file = claim({ pid: 7, started: '1', scope: 'elsewhere' });
    const beat = setInterval(() => utimesSync(file, new Date(), new Date()), 20);
    await expect(lockDirectory(folder, { watchMs: 1_000 })).rejects.toMatchObject({ code: 'store-locked' });
    clearInterval(beat);
    (await lockDirectory(folder, { watchMs: 200 })).release();
    expect(claims()).toEqual([]);
  });

  it('is touched by its holder', async () => {
    const lock = await lockDirectory(folder, { beatMs: 10 });
    const [name] = claims();
    const file = join(folder, name ?? '');
    const owner = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
    rmSync(file);
    claim({ ...owner, scope: 'elsewhere' }, name);
    await expect(lockDirectory(folder, { watchMs: 2_000 })).rejects.toMatchObject({ code: 'store-locked' });
    lock.release();
  });

  it('is not blocked for ever by a claim that cannot be read', async () => {
    writeFileSync(join(folder, 'broken.claim'), '');
    (await lockDirectory(folder, { watchMs: 100 })).release();
    expect(claims()).toEqual([]);
  });

  it('is never held twice when many ask at the same moment', async () => {
    claim({ ...processIdentity(), pid: otherProcess(), started: '1' });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(folder)));
    const held = results.filter((result) => result.status === 'fulfilled');
    expect(held.length).toBeLessThanOrEqual(1);
    for (const result of held) result.value.release();
    expect(claims()).toEqual([]);
  });

  it('is held by one process at most when several start at the same moment', async () => {
    claim({ ...processIdentity(), pid: otherProcess(), started: '1' });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => {
        const child = spawn(process.execPath, [join(__dirname, 'storeProcess.mjs'), 'lock', folder], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        children.push(child);
        return new Promise<string>((resolve) => child.stdout.once('data', (text: Buffer) => resolve(text.toString())));
      }),
    );
    const held = answers.filter((answer) => answer === 'held\n').length;
    expect(held).toBeLessThanOrEqual(1);
    expect(answers.filter((answer) => answer.startsWith('store-locked'))).toHaveLength(4 - held);
    expect(claims()).toHaveLength(held);
  });
});
