import type { AnswerObserver } from '../seenAnswer';

/** A user or project of Keystone's: by its id, or by its name in a domain. */
export type KeystoneReference =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } };

/** An application credential: by its id, or by its name and its owner. */
export type CredentialReference = { readonly id: string } | { readonly name: string; readonly user: KeystoneReference };

/** How to log in at Keystone (v3). */
export type CloudLogin =
  | {
      readonly method: 'password';
      readonly user: KeystoneReference;
      readonly password: string;
      /** A token without a project has no rights, so one is always asked for. */
      readonly project: KeystoneReference;
    }
  /** Made for one project with some of its owner's roles: naming a project is an error. */
  | { readonly method: 'applicationCredential'; readonly credential: CredentialReference; readonly secret: string };

/** How a cloud is reached. */
export interface CloudOptions {
  /** `OS_AUTH_URL`, with or without `/v3`. */
  readonly authUrl: string;
  readonly login: CloudLogin;
  /** Absent: the only region that the catalog has. */
  readonly region?: string;
  readonly interface: 'public' | 'internal' | 'admin';
  /** PEM certificates, instead of the system's. */
  readonly ca?: string;
  /** The cloud's certificate is not checked. */
  readonly insecure?: boolean;
  /** For one exchange, answer included, in milliseconds. */
  readonly timeoutMs: number;
  /** Is told what answers say of the login and of the cloud's clocks. */
  readonly observe?: AnswerObserver;
}
