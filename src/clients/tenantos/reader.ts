import type { z } from 'zod';

import { Semaphore } from '../../primitives/concurrency';
import { UnreadableValue } from './unreadableValue';
import { SharedReads } from '../../primitives/sharedReads';
import { panelError, PanelTransport, type TransportOptions } from './transport';

/** How answers of the panel are read. */
export interface ReaderOptions extends TransportOptions {
  /** For one call, answer included, in milliseconds. A slow call gets four times as long. */
  readonly timeoutMs: number;
}

/** How long a call may take: `slow` ones make the panel poll a switch before it answers. */
export type Patience = 'usual' | 'slow';

const SLOW_CALL_FACTOR = 4;

/** Reads and decodes answers of the panel; identical reads that still wait to be sent are merged. */
export class PanelReader {
  private readonly transport: PanelTransport;
  private readonly reads: SharedReads;
  private readonly timeoutMs: number;

  constructor(options: ReaderOptions) {
    this.transport = new PanelTransport(options);
    this.reads = new SharedReads(new Semaphore(options.concurrency));
    this.timeoutMs = options.timeoutMs;
  }

  /** Closes idle connections; calls under way end as `panel-unreachable`. */
  close(): void {
    this.transport.close();
  }

  /**
   * One call, decoded and mapped; undefined when the panel itself answers that there is no such thing.
   * @throws PortwardenError `panel-…`; `panel-invalid-answer` names the field.
   */
  async find<T extends z.ZodType>(
    path: string,
    schema: T,
    signal: AbortSignal,
    patience: Patience = 'usual',
  ): Promise<z.output<T> | undefined> {
    const timeoutMs = this.timeoutMs * (patience === 'slow' ? SLOW_CALL_FACTOR : 1);
    const send = async (sendSignal: AbortSignal): Promise<z.output<T> | undefined> => {
      const answer = await this.transport.get(path, timeoutMs, sendSignal);
      return answer.found ? decode(path, schema, answer.result) : undefined;
    };
    return this.reads.read(path, send, signal);
  }

  /**
   * A list, each entry mapped as it arrives: of a large one only what is made of its entries is kept.
   * @param map throws {@link UnreadableValue} for what cannot be understood. @param path equal paths have equal maps.
   * @throws PortwardenError as {@link get}.
   */
  async list<T>(path: string, map: (entry: unknown) => T, signal: AbortSignal): Promise<readonly T[]> {
    const send = async (sendSignal: AbortSignal): Promise<readonly T[]> => {
      const entries: T[] = [];
      const isFound = await this.transport.getEach(path, this.timeoutMs, sendSignal, (entry) => {
        entries.push(mappedEntry(path, entries.length, () => map(entry)));
      });
      if (!isFound) throw notThere(path);
      return entries;
    };
    return this.reads.read(path, send, signal);
  }

  /** Like {@link find} where there is always something: a 404 then means a wrong address, not that it is gone. */
  async get<T extends z.ZodType>(path: string, schema: T, signal: AbortSignal): Promise<z.output<T>> {
    const value = await this.find(path, schema, signal);
    if (value === undefined) throw notThere(path);
    return value;
  }
}

function notThere(path: string): Error {
  return panelError('panel-invalid-answer', path, 'unexpected status 404; check panel.url');
}

function mappedEntry<T>(path: string, index: number, map: () => T): T {
  try {
    return map();
  } catch (error) {
    if (!(error instanceof UnreadableValue)) throw error;
    throw panelError('panel-invalid-answer', path, `result.${index}.${error.path}: ${error.rule}`);
  }
}

/** Runs a mapping; what it cannot understand becomes `panel-invalid-answer` naming the field. */
export function mapped<T>(path: string, map: () => T): T {
  try {
    return map();
  } catch (error) {
    if (!(error instanceof UnreadableValue) && !(error instanceof RangeError)) throw error;
    const what = error instanceof UnreadableValue ? `result.${error.message}` : `an id ${error.message}`;
    throw panelError('panel-invalid-answer', path, what);
  }
}

function decode<T extends z.ZodType>(path: string, schema: T, result: unknown): z.output<T> {
  const read = schema.safeParse(result);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const where = ['result', ...(issue?.path ?? [])].map(String).join('.');
  throw panelError('panel-invalid-answer', path, `${where}: ${issue?.message ?? 'is invalid'}`);
}
