import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { builtFile } from '../../lab/productProcess';
import { projectRoot } from '../projectRoot';

/** What a command is run with: as a process of its own would have it. */
export interface CommandCall {
  readonly args: readonly string[];
  readonly cwd: string;
  /** Beside the environment of the tests. */
  readonly env: Readonly<Record<string, string>>;
}

/** How a command ended. */
export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const COMMAND_MS = 60_000;

/**
 * `portwarden …` of the built product, all commands of a test file in one process beside the tests. For what a process of
 * its own would show (signals, a terminal, that the program ends by itself) start one: `lab/productCli.ts`.
 */
export class ProductCommands {
  private runner: ChildProcess | undefined;
  private readonly waiting = new Map<number, { end: (end: CommandEnd) => void; fail: (error: Error) => void }>();
  private last = 0;

  /** Runs one command; several may run at once. @throws when it does not end within a minute */
  run(call: CommandCall): Promise<CommandEnd> {
    const runner = (this.runner ??= this.start());
    const id = (this.last += 1);
    return new Promise<CommandEnd>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`portwarden ${call.args.join(' ')} did not end within ${COMMAND_MS / 1000} s`));
      }, COMMAND_MS);
      this.waiting.set(id, {
        end: (end) => {
          clearTimeout(timer);
          resolve(end);
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      runner.send({ id, ...call });
    });
  }

  /** Ends the process, and with it what still runs in it. */
  async close(): Promise<void> {
    const { runner } = this;
    if (runner?.connected !== true) return;
    const ended = new Promise((resolve) => runner.once('exit', resolve));
    runner.disconnect();
    await ended;
  }

  private start(): ChildProcess {
    const runner = fork(
      join(projectRoot(), 'test', 'support', 'commandRunner.cjs'),
      [builtFile('cli/commandLine.js')],
      {
        execArgv: [],
      },
    );
    runner.on('message', ({ id, ...end }: CommandEnd & { readonly id: number }) => {
      this.waiting.get(id)?.end(end);
      this.waiting.delete(id);
    });
    runner.once('exit', (code, signal) => {
      this.runner = undefined;
      for (const { fail } of this.waiting.values())
        fail(new Error(`the process of the commands ended (${signal ?? String(code)})`));
      this.waiting.clear();
    });
    return runner;
  }
}
