/** One line of the access control list: a role's privileges on a path. */
export interface AclEntry {
  readonly path: string;
  /** Empty means the role NoAccess. */
  readonly privileges: readonly string[];
  readonly propagate: boolean;
}

/** An API token of the fake cluster. */
export interface LabToken {
  /** `USER@REALM!TOKENID=UUID`. */
  readonly token: string;
  readonly acl: readonly AclEntry[];
  /** Given for a privilege-separated token: it may do only what its user may do, too. */
  readonly userAcl?: readonly AclEntry[];
}

/** The privileges of the built-in role PVEAuditor that matter here. */
export const AUDITOR: readonly string[] = [
  'Datastore.Audit',
  'Mapping.Audit',
  'Pool.Audit',
  'SDN.Audit',
  'Sys.Audit',
  'VM.Audit',
  'VM.GuestAgent.Audit',
];

/** What portwarden needs to write sets of addresses, and to see what keeps them from being enforced. */
export const FILTER_WRITER: readonly string[] = ['Sys.Audit', 'VM.Audit', 'VM.Config.Network'];

/** A token that may write filters of guests, of the whole cluster, and put NICs behind the firewall. */
export function filterToken(token: string): LabToken {
  return { token, acl: [{ path: '/', privileges: [...FILTER_WRITER, 'SDN.Use'], propagate: true }] };
}

/** What a token holds on a path: privilege to propagate flag. */
export type Privileges = ReadonlyMap<string, boolean>;

/** A token with the role PVEAuditor on `/`, propagated. */
export function auditorToken(token: string): LabToken {
  return { token, acl: [{ path: '/', privileges: AUDITOR, propagate: true }] };
}

/** The deepest entry at or above the path wins; entries above count only when they propagate. */
function effective(acl: readonly AclEntry[], path: string): Privileges {
  const applicable = acl
    .filter((entry) => entry.path === path || (entry.propagate && isAbove(entry.path, path)))
    .sort((a, b) => depth(b.path) - depth(a.path));
  const deepest = applicable[0];
  if (deepest === undefined) return new Map();
  const same = applicable.filter((entry) => entry.path === deepest.path);
  if (same.some((entry) => entry.privileges.length === 0)) return new Map();
  return new Map(same.flatMap((entry) => entry.privileges.map((privilege) => [privilege, entry.propagate] as const)));
}

/** What a token may do on a path. */
export function privilegesOn(token: LabToken, path: string): Privileges {
  const own = effective(token.acl, path);
  if (token.userAcl === undefined) return own;
  const user = effective(token.userAcl, path);
  return new Map(
    [...own]
      .filter(([privilege]) => user.has(privilege))
      .map(([privilege, flag]) => [privilege, flag && user.get(privilege) === true]),
  );
}

/** What GET /access/permissions without `path` lists: the fixed top paths and every path with an entry. */
export function listedPaths(token: LabToken): readonly string[] {
  const fixed = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms'];
  return [...new Set([...fixed, ...[...token.acl, ...(token.userAcl ?? [])].map((entry) => entry.path)])];
}

function isAbove(ancestor: string, path: string): boolean {
  return ancestor === '/' ? path !== '/' : path.startsWith(`${ancestor}/`);
}

function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}
