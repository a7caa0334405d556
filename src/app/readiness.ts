import { statfs } from 'node:fs/promises';
import type { Readiness } from '../api/healthRoutes';
import { PortwardenError } from '../domain/errors';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** The checks of readiness by name; each rejects with what is wrong. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * Runs the checks, one round at a time. What is wrong is answered as an error code; its cause is logged, once when it begins and once when it
 * is over, together with the space that is left in the data folder.
 * @param directory the folder that holds the embedded databases; undefined when there are none.
 */
export function createReadiness(
  checks: ReadinessChecks,
  log: Log,
  directory: string | undefined,
): () => Promise<Readiness> {
  const failing = new Set<string>();
  const judge = async (name: string, check: () => Promise<unknown>): Promise<string> => {
    try {
      await check();
    } catch (error) {
      if (!failing.has(name))
        log.error(
          {
            check: name,
            cause: messageOf(error),
            ...(await spaceLeft(directory)),
          },
          'not ready: events cannot be accepted',
        );
      failing.add(name);
      return error instanceof PortwardenError ? error.code : 'unavailable';
    }
    if (failing.delete(name)) log.info({ check: name }, 'ready again: events can be accepted');
    return 'ok';
  };
  const round = async (): Promise<Readiness> => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await judge(name, check)] as const),
    );
    return { ready: results.every(([, result]) => result === 'ok'), checks: Object.fromEntries(results) };
  };
  let running: Promise<Readiness> | undefined;
  return () => {
    running ??= round().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function spaceLeft(directory: string | undefined): Promise<{ directory?: string; freeMiB?: number }> {
  if (directory === undefined) return {};
  try {
    const { bavail, bsize } = await statfs(directory);
    return { directory, freeMiB: Math.floor((bavail * bsize) / 1024 / 1024) };
  } catch {
    return { directory };
  }
}
