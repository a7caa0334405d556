import { parseDeviceId, type DeviceId } from './device';
import { parsePortName, samePort, type PortName, type PortRef } from './port';

/** The name of a set of devices, as the configuration's section `sites` gives it. */
export type SiteName = string & { readonly __brand: 'SiteName' };

/** The sites of the installation with their devices. A device is in at most one; those that are in none are reached by themselves and by `all`. */
export type Sites = ReadonlyMap<SiteName, readonly DeviceId[]>;

/** What something that a person says or asks is about: everything, the devices of a site, one device, one port. */
export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'site'; readonly site: SiteName }
  | { readonly kind: 'device'; readonly device: DeviceId }
  | { readonly kind: 'port'; readonly device: DeviceId; readonly port: PortName };

/** A scope as options of a command, a query or a body name it. */
export interface ScopeFields {
  readonly all?: boolean | undefined;
  readonly site?: string | undefined;
  readonly device?: string | undefined;
  /** Together with `device`. */
  readonly port?: string | undefined;
}

/** Reads the name of a site; throws a RangeError naming the rule. */
export function parseSiteName(text: string): SiteName {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text))
    throw new RangeError('must be the name of a site: letters, digits, dots, hyphens and underscores');
  return text as SiteName;
}

/** Reads what exactly one of all, site, device, or device and port says; throws a RangeError naming the rule. */
export function parseScope({ all = false, site, device, port }: ScopeFields): Scope {
  if ([all || undefined, site, device].filter((one) => one !== undefined).length !== 1)
    throw new RangeError('must be exactly one of all, a site, a device, or a device and its port');
  if (port !== undefined && device === undefined) throw new RangeError('must name the device of the port too');
  if (site !== undefined) return { kind: 'site', site: parseSiteName(site) };
  if (device === undefined) return { kind: 'all' };
  if (port === undefined) return { kind: 'device', device: parseDeviceId(device) };
  return { kind: 'port', device: parseDeviceId(device), port: parsePortName(port) };
}

/** A scope in words, which {@link parseScopeText} reads: `all`, `site fra1`, `device junos:3`, `port junos:3 ge-0/0/1.0`. */
export function scopeText(scope: Scope): string {
  switch (scope.kind) {
    case 'all':
      return 'all';
    case 'site':
      return `site ${scope.site}`;
    case 'device':
      return `device ${scope.device}`;
    case 'port':
      return `port ${scope.device} ${scope.port}`;
  }
}

/** Reads what {@link scopeText} writes; throws a RangeError naming the rule. */
export function parseScopeText(text: string): Scope {
  const [kind, first, second, ...rest] = text.split(' ');
  if (rest.length === 0 && kind === 'port' && second !== undefined) return parseScope({ device: first, port: second });
  if (second === undefined && first !== undefined) {
    if (kind === 'site') return parseScope({ site: first });
    if (kind === 'device') return parseScope({ device: first });
  }
  if (text === 'all') return { kind: 'all' };
  throw new RangeError('must be all, or a site, device or port with its name');
}

/** Every scope that a device, or a port of it, is in: the narrowest first. */
export function scopesOf(
  { device, port }: { readonly device: DeviceId; readonly port?: PortName },
  sites: Sites,
): Scope[] {
  const site = siteOf(device, sites);
  return [
    ...(port === undefined ? [] : [{ kind: 'port', device, port } as const]),
    { kind: 'device', device },
    ...(site === undefined ? [] : [{ kind: 'site', site } as const]),
    { kind: 'all' },
  ];
}

/** Whether a port is in a scope. */
export function isInScope(ref: PortRef, scope: Scope, sites: Sites): boolean {
  return scope.kind === 'port' ? samePort(ref, scope) : devicesInScope(scope, sites)?.includes(ref.device) !== false;
}

/** The devices that a scope is about, wholly or by one of their ports; undefined for all that there are. An unknown site has none. */
export function devicesInScope(scope: Scope, sites: Sites): readonly DeviceId[] | undefined {
  if (scope.kind === 'all') return undefined;
  return scope.kind === 'site' ? (sites.get(scope.site) ?? []) : [scope.device];
}

/** The site that a device is in; undefined when it is in none. */
export function siteOf(device: DeviceId, sites: Sites): SiteName | undefined {
  return [...sites].find(([, devices]) => devices.includes(device))?.[0];
}

/** A scope that names a site of this installation, or none; throws a RangeError for a site that is not in the configuration. */
export function requireSite(scope: Scope, sites: Sites): Scope {
  if (scope.kind !== 'site' || sites.has(scope.site)) return scope;
  throw new RangeError(`must name a site of the section sites; there are: ${[...sites.keys()].join(', ') || 'none'}`);
}
