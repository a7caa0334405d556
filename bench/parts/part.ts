import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answer, Question } from './serve';

type Asked<Method> = Method extends (...args: infer Args) => Promise<infer Result> ? [Args, Result] : [never, never];

/** A part of a measurement in a process of its own. */
export interface Part<Methods extends object> {
  readonly pid: number;
  /** Asks it. @throws Error with what it said, or when it has ended. */
  ask<Name extends keyof Methods & string>(
    name: Name,
    ...args: Asked<Methods[Name]>[0]
  ): Promise<Asked<Methods[Name]>[1]>;
  /** Ends it, and waits. */
  stop(): Promise<void>;
}

const STOP_MS = 10_000;

/**
 * Starts a part. It ends by itself when this process is gone.
 * @param name of its file, beside this one
 */
export async function startPart<Methods extends object>(name: string): Promise<Part<Methods>> {
  const child = fork(join(__dirname, name), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let asked = 0;
  child.on('message', (message) => {
    const answer = message as Answer;
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asker?.reject(new Error(`${name}: ${answer.error}`));
    else asker?.resolve(answer.result);
  });
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      hasEnded = true;
      for (const { reject } of waiting.values()) reject(new Error(`${name} ended (${signal ?? code})`));
      waiting.clear();
      resolve();
    });
  });
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    ask: <Result>(method: string, ...args: readonly unknown[]) =>
      new Promise<Result>((resolve, reject) => {
        if (hasEnded) {
          reject(new Error(`${name} has ended`));
          return;
        }
        asked += 1;
        waiting.set(asked, { resolve: resolve as (result: unknown) => void, reject });
        child.send({ id: asked, name: method, args } satisfies Question);
      }),
    async stop() {
      if (hasEnded) return;
      child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
