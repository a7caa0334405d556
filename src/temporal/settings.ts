import type { Secret } from '../primitives/secret';

/** The workflow engine. */
export interface TemporalSettings {
  /** `host:port`; absent: the embedded server. */
  readonly address?: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly port: number;
  readonly uiPort: number;
  /** Address of the UI of a server that is not the embedded one. */
  readonly uiUrl?: string;
  readonly tls?: {
    readonly ca?: string;
    readonly certificate?: string;
    readonly key?: Secret;
    readonly serverName?: string;
  };
  readonly apiKey?: Secret;
}
