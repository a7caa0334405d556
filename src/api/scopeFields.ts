import { invalidField } from '../domain/errors';
import type { DeviceId } from '../domain/values/device';
import { parseScope, requireSite, type Scope, type ScopeFields, type Sites } from '../domain/values/scope';

/** What a scope that somebody names is checked against. */
export interface ScopeCheck {
  /** Absent: any name of a site is taken. */
  readonly sites: Sites | undefined;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
}

/**
 * The scope that a body's or a query's fields name: exactly one of `all`, `site`, `device`, or `device` and `port`.
 * @throws PortwardenError `invalid-request`, `device-kind-unknown`.
 */
export function readScope(fields: ScopeFields, { sites, requireDriver }: ScopeCheck): Scope {
  const scope = read('scope', () => parseScope(fields));
  if ('device' in scope) requireDriver(scope.device);
  return sites === undefined ? scope : read('site', () => requireSite(scope, sites));
}

function read(field: string, parse: () => Scope): Scope {
  try {
    return parse();
  } catch (error) {
    throw invalidField('invalid-request', field, error instanceof Error ? error.message : 'is invalid');
  }
}
