import { EventEmitter } from 'node:events';
import type { ArpCounters } from './arpStatistics';
import type { CommitRecord } from './commit-log';
import type { ConfigurationDatabase } from './database';
import type { Editor } from './editor';
import type { JunosFaults } from './faults';
import type { Profile } from './profiles';

/** An account of the switch. `read-only` has Junos's view permission, `super` all of them. */
export interface Account {
  readonly username: string;
  readonly password: string;
  readonly permissions: 'super' | 'read-only';
  /** Commands of this account go to the lab instead of the device. */
  readonly isLabControl?: boolean;
}

/** A NETCONF session as the rest of the switch sees it. */
export interface LiveSession extends Editor {
  readonly permissions: Account['permissions'];
  /** Ends it at once. */
  kill(how: 'closed' | 'killed'): void;
}

/** An operation that arrived. */
export interface RpcEvent {
  readonly pid: number;
  readonly user: string;
  readonly operation: string;
  /** The message as received. */
  readonly xml: string;
  readonly at: Date;
}

/** What happens in a switch, for tests. */
export interface JunosEvents {
  rpc: [RpcEvent];
  reply: [{ readonly pid: number; readonly operation: string; readonly message: string }];
  commit: [CommitRecord];
  'session-open': [{ readonly pid: number; readonly user: string }];
  'session-close': [{ readonly pid: number; readonly user: string }];
  connection: [];
}

/** What all parts of one switch share. */
export class SwitchCore {
  readonly sessions = new Map<number, LiveSession>();
  /** What it counted at interfaces since it started. */
  readonly arpInspection = new Map<string, ArpCounters>();
  readonly events = new EventEmitter<JunosEvents>();
  private nextPid = 4000 + Math.floor(Math.random() * 20000);
  /** Drops every connection; set by the SSH server. */
  crash: () => void = () => undefined;

  constructor(
    readonly name: string,
    readonly profile: Profile,
    readonly faults: JunosFaults,
    readonly database: ConfigurationDatabase,
    /** Whether base:1.1 is offered (no recorded Junos hello does). */
    readonly chunked: boolean,
  ) {
    database.onCommit = (record) => this.events.emit('commit', record);
  }

  pid(): number {
    this.nextPid += 1;
    return this.nextPid;
  }
}
