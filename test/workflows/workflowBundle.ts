import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { projectRoot } from '../projectRoot';

const PREFIX = 'workflows-';
const KEPT_MS = 60 * 60_000;

/**
 * Workflow code as one bundle. Making one takes seconds of computing, so it is kept under the digest of all that it is
 * made from, and found again by the other test files of this and of later runs.
 * @param workflowsPath the module of the workflows; what it imports is beside it or in `src`
 */
export async function workflowBundle(workflowsPath: string): Promise<{ readonly codePath: string }> {
  const cache = join(projectRoot(), 'node_modules', '.cache', 'portwarden', 'workflow-bundles');
  const codePath = join(cache, `${PREFIX}${digestOf(workflowsPath)}.js`);
  if (existsSync(codePath)) return { codePath };
  mkdirSync(cache, { recursive: true });
  removeOld(cache);
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const draft = `${codePath}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, codePath);
  return { codePath };
}

function digestOf(workflowsPath: string): string {
  const root = projectRoot();
  const hash = createHash('sha256')
    .update(workflowsPath)
    .update(readFileSync(join(root, 'package-lock.json')));
  for (const folder of [dirname(workflowsPath), join(root, 'src')]) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** Bundles of other states of the code. A test that has just been given one may still read it. */
function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const file = join(cache, name);
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > KEPT_MS)
      rmSync(file, { force: true });
  }
}
