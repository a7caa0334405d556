import { Router, type Request } from 'express';
import { invalidField, PortwardenError } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parsePortName } from '../domain/values/port';
import type { JournalEntry, JournalFilter, JournalRepository } from '../store/journal';

const DEFAULT_LIMIT = 50;
const MOST = 500;

/** `GET /journal`: what was decided about ports, newest first; `GET /journal/:id`: one entry with its commands and diff. */
export function journalRoutes(journal: JournalRepository, requireDriver: (device: DeviceId) => void): Router {
  const router = Router();
  router.get('/journal', async (request, response) => {
    const filter = readFilter(request);
    if (filter.device !== undefined) requireDriver(filter.device);
    const entries = await journal.list(filter);
    response.set('Cache-Control', 'no-store').json({ entries: entries.map(summaryOf) });
  });
  router.get('/journal/:id', async (request, response) => {
    const { id } = request.params;
    const entry = /^\d{1,18}$/.test(id) ? await journal.get(id) : undefined;
    if (entry === undefined) throw new PortwardenError('not-found', 'The journal has no entry with this id.');
    response.set('Cache-Control', 'no-store').json(entry);
  });
  return router;
}

/** The list shows what happened; commands and diff of a batch are in the single entry. */
function summaryOf(entry: JournalEntry): Partial<JournalEntry> {
  const { id, at, device, port, workflowId, status, summary, commit, author, policies } = entry;
  return {
    ...{ id, at, device, port, workflowId, status, summary },
    ...(commit === undefined ? {} : { commit }),
    ...(author === undefined ? {} : { author }),
    ...(policies === undefined ? {} : { policies }),
  };
}

function readFilter(request: Request): JournalFilter {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const limit = query.get('limit') ?? String(DEFAULT_LIMIT);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST)
    throw invalidField('invalid-request', 'limit', `must be a whole number from 1 to ${MOST}`);
  const device = optional(query, 'device', parseDeviceId);
  const port = optional(query, 'port', parsePortName);
  const policy = query.get('policy');
  return {
    limit: Number(limit),
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
    ...(policy === null ? {} : { policy }),
  };
}

function optional<T>(query: URLSearchParams, field: string, parse: (text: string) => T): T | undefined {
  const text = query.get(field);
  if (text === null) return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw invalidField('invalid-request', field, error instanceof Error ? error.message : 'is invalid');
  }
}
