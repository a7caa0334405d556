import { spawn } from 'node:child_process';

const KEPT_OUTPUT = 64 * 1024;

/**
 * Runs a program to its end, bounded in time; never throws for what the program does.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{timeoutMs: number, env?: NodeJS.ProcessEnv, cwd?: string, echo?: boolean}} options echo also shows the
 *   program's output on our stderr
 * @returns {Promise<{ok: boolean, code: number | null, stdout: string, stderr: string, reason: string}>} reason says
 *   in one line why it is not ok
 */
export function run(command, args, { timeoutMs, env = process.env, cwd, echo = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      shell: process.platform === 'win32' && command === 'npm',
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    let settled = false;
    let forced;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGTERM');
      forced = setTimeout(() => {
        child.kill('SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }, 3_000);
    }, timeoutMs);
    child.stdout.on('data', (chunk) => {
      stdout = (stdout + chunk).slice(-KEPT_OUTPUT);
      if (echo) process.stderr.write(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr = (stderr + chunk).slice(-KEPT_OUTPUT);
      if (echo) process.stderr.write(chunk);
    });
    const settle = (code, reason) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(forced);
      resolve({ ok: reason === '', code, stdout, stderr, reason });
    };
    child.on('error', (error) => {
      settle(
        null,
        error.code === 'ENOENT' ? `${command} is not installed` : `${command} cannot be run: ${error.message}`,
      );
    });
    child.on('close', (code, signal) => {
      if (timedOut) settle(code, `${command} did not finish within ${Math.round(timeoutMs / 1000)} s`);
      else if (code === 0) settle(0, '');
      else
        settle(
          code,
          `${command} ended with ${signal ?? `code ${code}`}: ${lastLine(stderr) || lastLine(stdout) || 'no output'}`,
        );
    });
  });
}

function lastLine(text) {
  return text.trim().split('\n').at(-1)?.trim().slice(0, 300) ?? '';
}
