/** How to log in at Keystone (v3). */
export type CloudLogin =
  | {
      readonly method: 'password';
      readonly user: string;
      readonly userDomain: string;
      readonly password: string;
      /** A token without a project has no rights, so one is always asked for. */
      readonly project: string;
      readonly projectDomain: string;
    }
  /** Made for one project with some of its owner's roles: naming a project is an error. */
  | { readonly method: 'applicationCredential'; readonly id: string; readonly secret: string }
  | {
      readonly method: 'applicationCredential';
      readonly name: string;
      readonly user: string;
      readonly userDomain: string;
      readonly secret: string;
    };

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
  /** For one exchange, answer included, in milliseconds. */
  readonly timeoutMs: number;
}
