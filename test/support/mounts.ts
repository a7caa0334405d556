import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why this process may not mount file systems; undefined when it may. */
export function mountsRefused(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'portwarden-mount-'));
  try {
    const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], {
      encoding: 'utf8',
    });
    if (status === 0) unmount(folder);
    return status === 0
      ? undefined
      : `disks that are full or read-only: file systems may not be mounted here (${error?.message ?? stderr.trim()})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes a folder read-only, for the superuser too. Its content stays visible. */
export function mountReadOnly(folder: string): void {
  run('mount', ['--bind', folder, folder]);
  run('mount', ['-o', 'remount,ro,bind', folder]);
}

/** Mounts an empty disk of one MiB on a folder: nothing of ours fits on it. */
export function mountFull(folder: string): void {
  run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
}

/** Takes the topmost mount of a folder away, if it has one. */
export function unmount(folder: string): void {
  spawnSync('umount', [folder]);
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
