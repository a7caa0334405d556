import type { z } from 'zod';
import { Semaphore } from '../../primitives/concurrency';
import { invalidAnswer } from './failure';
import { parseOptions, type ProxmoxClusterOptions } from './options';
import { ProxmoxTransport } from './transport';

/** A checked answer. */
export interface Answer<T> {
  readonly data: T;
  /** What stands beside `data` when a change of a node's network is staged. */
  readonly changes: unknown;
}

/** What is asked beside the path. */
export interface Question {
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** The node that the API host asks for the answer: at most `concurrency` requests are under way for each. */
  readonly node?: string;
}

/**
 * Reads and checks answers of one cluster's REST API. Every method rejects with a `proxmox-*` PortwardenError, or with the
 * signal's reason once that aborts; the token appears in neither.
 */
export class ProxmoxReader {
  /** The configured name of the cluster. */
  readonly cluster: string;
  private readonly concurrency: number;
  protected readonly transport: ProxmoxTransport;
  private readonly lanes = new Map<string, Semaphore>();

  /** Throws `invalid-configuration` when an option breaks its rule. */
  constructor(options: ProxmoxClusterOptions) {
    const settings = parseOptions(options);
    this.cluster = settings.name;
    this.concurrency = settings.concurrency;
    this.transport = new ProxmoxTransport(settings);
  }

  /** Closes the connections. */
  close(): void {
    this.transport.close();
  }

  /** Grows whenever requests go to another API host than before. */
  get hostChanges(): number {
    return this.transport.hostChanges;
  }

  /** How many API hosts there are. */
  get hostCount(): number {
    return this.transport.hostCount;
  }

  /** Turns to the next API host. */
  leaveHost(): void {
    this.transport.leaveHost();
  }

  /** The `data` of an answer. */
  async read<T extends z.ZodType>(path: string, schema: T, question: Question = {}): Promise<z.infer<T>> {
    return (await this.answer(path, schema, question)).data;
  }

  /** An answer with what stands beside `data`. */
  async answer<T extends z.ZodType>(
    path: string,
    schema: T,
    { query = {}, signal, node = '' }: Question = {},
  ): Promise<Answer<z.infer<T>>> {
    const { data, changes } = await this.lane(node).run(() => this.transport.get(path, query, signal), signal);
    const parsed = schema.safeParse(data);
    if (parsed.success) return { data: parsed.data, changes };
    const issue = parsed.error.issues[0];
    throw invalidAnswer(
      this.cluster,
      path,
      `${issue?.path.join('.') ?? 'data'}: ${issue?.message ?? 'unexpected shape'}`,
    );
  }

  /** What limits the requests to a node. */
  protected lane(node: string): Semaphore {
    const lane = this.lanes.get(node) ?? new Semaphore(this.concurrency);
    this.lanes.set(node, lane);
    return lane;
  }
}
