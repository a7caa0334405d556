import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { NotHere } from '../benchCase';
import { bindingLine, PORTS_VLAN, type PlainBinding } from '../ports';
import type { ReachedSwitch } from '../parts/switches';

/** The release that is compared with. */
const PYEZ = 'junos-eznc==2.8.2';
const INSTALL_MS = 180_000;

const run = promisify(execFile);

/** A Python process with PyEZ, which makes one change after the other. */
export interface Pyez {
  readonly pid: number;
  /** Puts bindings on a port. @returns milliseconds it took */
  change(reached: ReachedSwitch, port: string, bindings: readonly PlainBinding[]): Promise<number>;
  stop(): void;
}

/** Starts PyEZ; installs it into the cache folder first when it is not there. @throws NotHere when it cannot be had */
export async function startPyez(login: { readonly username: string; readonly password: string }): Promise<Pyez> {
  const python = await pyezPython();
  const child = spawn(python, [join(__dirname, 'change.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers: AsyncIterator<string, unknown> = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let jobs = 0;
  return {
    pid: child.pid ?? 0,
    async change({ host, port: sshPort }, port, bindings) {
      jobs += 1;
      const job = {
        ...{ host, port: sshPort, ...login, comment: `pyez-${jobs}` },
        lines: bindings.map((binding) => bindingLine(port, binding)),
        filter: `<configuration><vlans><vlan><name>v${PORTS_VLAN}</name><forwarding-options><dhcp-security/></forwarding-options></vlan></vlans></configuration>`,
        expected: bindings.map(({ ip }) => ip),
      };
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const next = await answers.next();
      if (next.done === true) throw new Error('PyEZ ended');
      const answer = JSON.parse(next.value) as { readonly ms?: number; readonly error?: string };
      if (answer.ms === undefined) throw new Error(`PyEZ: ${answer.error ?? 'no answer'}`);
      return answer.ms;
    },
    stop() {
      child.kill();
    },
  };
}

/** A Python that has PyEZ, in a virtual environment of its own. */
async function pyezPython(): Promise<string> {
  const folder = join(homedir(), '.cache', 'portwarden', 'pyez', PYEZ.replace('==', '-'));
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  mkdirSync(dirname(folder), { recursive: true });
  const draft = `${folder}.${process.pid}`;
  try {
    process.stderr.write(`installing ${PYEZ} into ${folder} …\n`);
    await run('python3', ['-m', 'venv', draft], { timeout: INSTALL_MS });
    await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', PYEZ], { timeout: INSTALL_MS });
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n').slice(-1);
    throw new NotHere(`${PYEZ} cannot be installed (python3 with venv and pip is needed): ${reason}`, { cause: error });
  }
  return python;
}
