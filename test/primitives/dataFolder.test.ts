import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderProblem, useFolder } from '../../src/primitives/dataFolder';
import { mountFull, mountReadOnly, mountsRefused, unmount } from '../support/mounts';

const root = mkdtempSync(join(tmpdir(), 'portwarden-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a folder that is there, or can be made, has no problem; looking makes nothing', () => {
  expect(folderProblem(root)).toBeUndefined();
  expect(folderProblem(join(root, 'a', 'b', 'c'))).toBeUndefined();
  expect(readdirSync(root)).toEqual([]);
});

test('a file in its place, or above it, is named', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  expect(folderProblem(file)).toBe('it is a file, not a folder');
  expect(folderProblem(join(file, 'data', 'store'))).toBe(`${file} is a file, not a folder`);
  expect(() => useFolder(join(file, 'data'))).toThrow(
    `The folder ${join(file, 'data')} cannot be used: ${file} is a file, not a folder.`,
  );
});

test('a link to nothing is no folder that could be made', () => {
  const link = join(root, 'link');
  symlinkSync(join(root, 'nowhere'), link);
  expect(folderProblem(link)).toBe('it is a symbolic link to nothing');
});

const asNobody = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', 'true']).status === 0;
(asNobody ? test : test.skip)('one that belongs to somebody else is named with the user who may not', () => {
  const folder = join(root, 'private');
  mkdirSync(folder);
  chmodSync(root, 0o755);
  chmodSync(folder, 0o755);
  const program = `console.log(require(${JSON.stringify(join(__dirname, '..', 'store', 'loadSource.cjs'))})('primitives/dataFolder').folderProblem(${JSON.stringify(join(folder, 'data'))}))`;
  const { stdout } = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', process.execPath, '-e', program], {
    encoding: 'utf8',
  });
  expect(stdout.trim()).toBe(`user 65534 may not read and write ${folder}`);
});

const refused = mountsRefused();
if (refused !== undefined) process.stderr.write(`skipped: ${refused}\n`);
(refused === undefined ? describe : describe.skip)('a disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'disk-'));
  });
  afterEach(() => unmount(folder));

  test('that is mounted read-only is named, for the superuser too', () => {
    mountReadOnly(folder);
    expect(folderProblem(folder)).toBe('it is on a file system that is mounted read-only');
    expect(folderProblem(join(folder, 'data'))).toBe(`${folder} is on a file system that is mounted read-only`);
  });

  test('that is full is named with what is free', () => {
    mountFull(folder);
    expect(folderProblem(join(folder, 'data'))).toMatch(/^its disk is full \(\d MiB free, at least 16 are needed\)$/);
    expect(() => useFolder(folder)).toThrow(/its disk is full/);
  });
});
