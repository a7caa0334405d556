import { invalidField } from '../domain/errors';
import { parseIp } from '../domain/values/ip';
import { parseMac } from '../domain/values/mac';
import { parsePortName } from '../domain/values/port';
import { onDevice, type NamedPorts } from './namedPorts';
import { parseDeviceId } from '../domain/values/device';
import { parseVlanId } from '../domain/values/vlan';
import { devicesInScope, type Sites } from '../domain/values/scope';
import type { JournalFilter } from '../store/journalFilter';
import { readScope, type ScopeCheck } from './scopeFields';

const STATUSES = ['applied', 'unchanged', 'skipped', 'parked', 'failed'] as const;

/** What a question to the journal is checked against: it needs to know the devices of a site. */
export type JournalCheck = ScopeCheck & NamedPorts & { readonly sites: Sites };

type Reader = (text: string) => JournalFilter;

/** Each field of a question to the journal, and what it asks for. */
const READERS: Readonly<Record<string, Reader>> = {
  since: (text) => ({ since: parseInstant(text) }),
  until: (text) => ({ until: parseInstant(text) }),
  device: (text) => ({ device: parseDeviceId(text) }),
  port: (text) => ({ port: parsePortName(text) }),
  status: (text) => ({ status: parseStatus(text) }),
  workflow: (text) => ({ workflowId: parseName(text) }),
  event: (text) => ({ event: parseName(text) }),
  author: (text) => ({ author: parseName(text) }),
  policy: (text) => ({ policy: parseName(text) }),
  commit: (text) => ({ commit: parseName(text) }),
  ip: (text) => ({ ip: parseIp(text) }),
  mac: (text) => ({ mac: parseMac(text) }),
  vlan: (text) => ({ vlan: parseVlanId(text) }),
  statement: (text) => ({ statement: parseName(text) }),
  before: (text) => ({ before: parseEntryId(text) }),
};

/**
 * Which entries of the journal a query asks for.
 * @param further fields that mean something else to the caller.
 * @throws PortwardenError `invalid-request` naming the field, `device-kind-unknown`.
 */
export function readJournalFilter(
  fields: Readonly<Record<string, string>>,
  check: JournalCheck,
  further: readonly string[],
): JournalFilter {
  let filter: JournalFilter = {};
  for (const [name, text] of Object.entries(fields)) {
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (reader !== undefined) filter = { ...filter, ...read(name, text, reader) };
    else if (name !== 'site' && !further.includes(name))
      throw invalidField('invalid-request', name, `is no field of the journal`);
  }
  const { device, port } = filter;
  if (device !== undefined) check.requireDriver(device);
  if (port !== undefined && device === undefined)
    throw invalidField('invalid-request', 'device', 'must be given with `port`');
  return { ...onDevice(filter, check), ...devicesOfSite(fields['site'], check) };
}

function devicesOfSite(site: string | undefined, check: JournalCheck): JournalFilter {
  const devices = site === undefined ? undefined : devicesInScope(readScope({ site }, check), check.sites);
  return devices === undefined ? {} : { devices };
}

function read(name: string, text: string, reader: Reader): JournalFilter {
  try {
    return reader(text);
  } catch (error) {
    throw invalidField('invalid-request', name, error instanceof Error ? error.message : 'is invalid');
  }
}

/** A date, or a time with its zone; throws a RangeError naming the rule. */
export function parseInstant(text: string): Date {
  const at = new Date(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? text : '');
  if (Number.isNaN(at.getTime()))
    throw new RangeError('must be a date such as 2026-11-30, or a time with its zone such as 2026-11-30T08:00:00Z');
  return at;
}

function parseStatus(text: string): (typeof STATUSES)[number] {
  const status = STATUSES.find((one) => one === text);
  if (status === undefined) throw new RangeError(`must be one of ${STATUSES.join(', ')}`);
  return status;
}

function parseEntryId(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw new RangeError('must be the id of an entry');
  return text;
}

function parseName(text: string): string {
  if (text === '' || text.length > 1_000) throw new RangeError('must have 1 to 1,000 characters');
  return text;
}
