import { Router, type RequestHandler } from 'express';
import { alarmEntry, ALARM_IDS, isAlarmId, SEVERITIES } from '../domain/alarms/registry';
import { invalidField, PortwardenError } from '../domain/errors';
import { devicesInScope, type Sites } from '../domain/values/scope';
import { fieldsOf, readDecision } from '../protocol/inputFields';
import type { AlarmFilter, AlarmRepository, StoredAlarm } from '../store/alarms';
import { jsonBody } from './jsonBody';
import type { NamedPorts } from './namedPorts';
import { nextOf, queryOf, readPage } from './paging';
import { oneOf, queryFields } from './queryFields';
import { readScope, type ScopeCheck } from './scopeFields';

/** What these routes need. */
export interface AlarmRoutesDependencies extends ScopeCheck, NamedPorts {
  readonly alarms: Pick<AlarmRepository, 'list' | 'get' | 'acknowledge' | 'judged'>;
  readonly sites: Sites;
  readonly bodyLimitBytes: number;
  /** Has requests with an Idempotency-Key carried out once. */
  readonly once: RequestHandler;
}

const STATES = ['open', 'cleared', 'any'] as const;
const FIELDS = ['limit', 'after', 'state', 'alarm', 'severity', 'all', 'site', 'device', 'port'];

/**
 * `GET /alarms`: open alarms, or those that were, newest first, page by page; `GET /alarms/:number`: one with what it means and
 * what to do; `POST /alarms/:number/acknowledge`: a person has seen it. Alarms are raised and cleared by the system alone.
 */
export function alarmRoutes({ alarms, bodyLimitBytes, once, ...check }: AlarmRoutesDependencies): Router {
  const router = Router();
  const found = (alarm: StoredAlarm | undefined): StoredAlarm => {
    if (alarm !== undefined) return alarm;
    throw new PortwardenError('not-found', 'There is no such alarm, or none that is open.');
  };
  router.get('/alarms', async (request, response) => {
    const { limit, after } = readPage(queryOf(request), 1);
    const before = after?.join();
    if (before !== undefined && !/^\d{1,18}$/.test(before))
      throw invalidField('invalid-request', 'after', 'must be the `next` of an earlier page');
    const filter = readFilter(queryFields(request), check);
    const [listed, judged] = await Promise.all([
      alarms.list({ ...filter, limit, ...(before === undefined ? {} : { before }) }),
      alarms.judged(),
    ]);
    response.set('Cache-Control', 'no-store').json({
      alarms: listed,
      judged: judged ?? null,
      ...nextOf(listed, limit, ({ number }) => [number]),
    });
  });
  router.get('/alarms/:number', async (request, response) => {
    const alarm = found(await alarms.get(request.params.number));
    const { meaning, action, raised, cleared } = alarmEntry(alarm.id);
    response.set('Cache-Control', 'no-store').json({ ...alarm, about: { meaning, action, raised, cleared } });
  });
  router.use('/alarms/:number/acknowledge', jsonBody(bodyLimitBytes, 'invalid-request'), once);
  router.post('/alarms/:number/acknowledge', async (request, response) => {
    const decision = readDecision(fieldsOf(request.body, ['reason', 'author']));
    const alarm = found(await alarms.acknowledge(request.params.number, decision, new Date()));
    response.set('Cache-Control', 'no-store').json(alarm);
  });
  return router;
}

function readFilter(
  fields: Readonly<Record<string, string>>,
  check: ScopeCheck & NamedPorts & { readonly sites: Sites },
): Omit<AlarmFilter, 'limit' | 'before'> {
  for (const name of Object.keys(fields))
    if (!FIELDS.includes(name)) throw invalidField('invalid-request', name, 'is no field of alarms');
  const { state = 'open', alarm, severity, all, site, device, port } = fields;
  const wanted = oneOf('state', state, STATES);
  if (alarm !== undefined && !isAlarmId(alarm))
    throw invalidField('invalid-request', 'alarm', `must be one of ${ALARM_IDS.join(', ')}`);
  return {
    ...(wanted === 'any' ? {} : { state: wanted }),
    ...(alarm === undefined ? {} : { id: alarm }),
    ...(severity === undefined ? {} : { severity: oneOf('severity', severity, SEVERITIES) }),
    ...ofScope({ all, site, device, port }, check),
  };
}

function ofScope(
  { all, ...named }: Readonly<Record<'all' | 'site' | 'device' | 'port', string | undefined>>,
  check: ScopeCheck & NamedPorts & { readonly sites: Sites },
): Pick<AlarmFilter, 'devices' | 'port'> {
  if (all !== undefined && all !== 'true') throw invalidField('invalid-request', 'all', 'must be true');
  if ([all, ...Object.values(named)].every((value) => value === undefined)) return {};
  const scope = readScope({ ...named, all: all === 'true' }, check);
  const devices = devicesInScope(scope, check.sites);
  return {
    ...(devices === undefined ? {} : { devices }),
    ...(scope.kind === 'port' ? { port: check.portOnDevice(scope) } : {}),
  };
}
