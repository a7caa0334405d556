import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type Response } from 'express';
import { invalidField, PortwardenError } from '../domain/errors';
import type { JournalEntry, JournalRepository } from '../store/journal';
import { CSV_HEADER, EXPORT_FORMATS, EXPORT_TYPES, exportEntries, type ExportFormat } from './journalExport';
import { readJournalFilter, type JournalCheck } from './journalFields';
import { nextOf, queryOf, readPage } from './paging';
import { queryFields } from './queryFields';

/** What these routes need. */
export interface JournalRoutesDependencies extends JournalCheck {
  readonly journal: JournalRepository;
  /** Longest time that one export may take, in milliseconds. Default ten minutes. */
  readonly exportWithinMs?: number;
}

const EXPORT_WITHIN_MS = 600_000;
const MOST_EXPORTED = 100_000;

/**
 * `GET /journal`: what was decided about ports, newest first, page by page; `GET /journal/export`: whole entries as JSON
 * lines or CSV; `GET /journal/:id`: one entry with its commands and diff.
 */
export function journalRoutes(dependencies: JournalRoutesDependencies): Router {
  const { journal } = dependencies;
  const router = Router();
  router.get('/journal', async (request, response) => {
    const { limit, after } = readPage(queryOf(request), 1);
    const filter = readJournalFilter(
      { ...queryFields(request), ...(after === undefined ? {} : { before: after.join() }) },
      dependencies,
      ['limit', 'after'],
    );
    const entries = await journal.list({ ...filter, limit });
    response.set('Cache-Control', 'no-store').json({
      entries: entries.map(summaryOf),
      ...nextOf(entries, limit, ({ id }) => [id]),
    });
  });
  router.get('/journal/export', (request, response) => sendExport(dependencies, request, response));
  router.get('/journal/:id', async (request, response) => {
    const { id } = request.params;
    const entry = /^\d{1,18}$/.test(id) ? await journal.get(id) : undefined;
    if (entry === undefined) throw new PortwardenError('not-found', 'The journal has no entry with this id.');
    response.set('Cache-Control', 'no-store').json(entry);
  });
  return router;
}

/** Sends at most `limit` entries; where there are more, `Link` names the request that goes on (RFC 8288). */
async function sendExport(
  { journal, exportWithinMs = EXPORT_WITHIN_MS, ...check }: JournalRoutesDependencies,
  request: Request,
  response: Response,
): Promise<void> {
  const fields = queryFields(request);
  const filter = readJournalFilter(fields, check, ['format', 'limit', 'header']);
  const format = readFormat(fields['format']);
  const header = readHeader(fields['header']);
  const behind = await journal.idBehind(filter, readMost(fields['limit']));
  if (behind !== undefined) {
    const next = new URLSearchParams({ ...fields, format, before: String(BigInt(behind) + 1n), header: 'absent' });
    response.set('Link', `<${request.baseUrl}/journal/export?${next.toString()}>; rel="next"`);
  }
  response.set({
    'Cache-Control': 'no-store',
    'Content-Type': EXPORT_TYPES[format],
    'Content-Disposition': `attachment; filename="journal.${format}"`,
  });
  const parts = exportEntries(journal, filter, { format, behind });
  const whole = async function* (): AsyncGenerator<string> {
    if (format === 'csv' && header) yield CSV_HEADER;
    yield* parts;
  };
  await pipeline(Readable.from(whole()), response, { signal: AbortSignal.timeout(exportWithinMs) });
}

function readFormat(text = 'jsonl'): ExportFormat {
  const format = EXPORT_FORMATS.find((one) => one === text);
  if (format === undefined)
    throw invalidField('invalid-request', 'format', `must be one of ${EXPORT_FORMATS.join(', ')}`);
  return format;
}

function readHeader(text = 'present'): boolean {
  if (text !== 'present' && text !== 'absent')
    throw invalidField('invalid-request', 'header', 'must be present or absent');
  return text === 'present';
}

function readMost(text = String(MOST_EXPORTED)): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1 || Number(text) > MOST_EXPORTED)
    throw invalidField('invalid-request', 'limit', `must be a whole number from 1 to ${MOST_EXPORTED}`);
  return Number(text);
}

/** The list shows what happened; commands and diff of a batch are in the single entry. */
function summaryOf(entry: JournalEntry): Partial<JournalEntry> {
  const { id, at, device, port, workflowId, status, summary, commit, author, policies } = entry;
  return {
    ...{ id, at, workflowId, status, summary },
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
    ...(commit === undefined ? {} : { commit }),
    ...(author === undefined ? {} : { author }),
    ...(policies === undefined ? {} : { policies }),
  };
}
