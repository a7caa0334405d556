import { execFileSync, spawn, type ChildProcess } from 'node:child_process';

const LOCK_WAIT_S = 900;

/** Whether one of these Debian packages is not installed. */
export function missingPackages(packages: readonly string[]): boolean {
  try {
    const states = execFileSync('dpkg-query', ['-W', '-f', '${db:Status-Status}\\n', ...packages], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return !states
      .trim()
      .split('\n')
      .every((state) => state === 'installed');
  } catch {
    // dpkg-query fails when it does not know one of them, or is not there.
    return true;
  }
}

/** Waits until no other test of this machine uses the server. The lock is the kernel's (flock), held by a child that ends with our pipe: a killed test leaves nothing behind. */
export async function takeLock(file: string): Promise<() => Promise<void>> {
  const holder: ChildProcess = spawn('flock', ['-w', String(LOCK_WAIT_S), file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => holder.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    holder.stdout?.once('data', () => resolve());
    holder.once('error', reject);
    holder.once('close', () => reject(new Error(`${file}: in use by another test for ${LOCK_WAIT_S} s.`)));
  });
  return async () => {
    holder.stdin?.end();
    await ended;
  };
}
