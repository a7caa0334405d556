import type { FoundAlarm } from './alarm';
import type { AlarmFacts, AlarmLimits, ParkedFact } from './facts';
import { isoOf, read } from './readings';

/** Alarms that the store's own lists tell of. @param now Unix milliseconds. */
export function storedAlarms(facts: AlarmFacts, limits: AlarmLimits, now: number): readonly FoundAlarm[] {
  const parked = read(facts.parked);
  const brake = 'value' in facts.brake ? facts.brake.value : undefined;
  return [
    ...parked.map(({ device, port, at, reason }) => ({ id: 'parked' as const, device, port, since: at, text: reason })),
    ...guards(parked),
    ...(brake === undefined ? [] : [{ id: 'site-brake' as const, since: brake.since, text: brake.reason }]),
    ...read(facts.endingPolicies).map(({ scope, expiresAt, says }) => ({
      id: 'policy-expiring' as const,
      name: scope,
      since: isoOf(now),
      text: `The policy of ${scope} ends at ${expiresAt}: ${says}`,
    })),
    ...unbound(facts, limits, now),
    ...read(facts.clocks)
      .filter(({ aheadMs }) => Math.abs(aheadMs) > limits.clockSkewMs)
      .map(({ name, aheadMs }) => ({
        id: 'clock-skew' as const,
        name,
        since: isoOf(now),
        text: `The clock of ${name} is ${Math.abs(Math.round(aheadMs / 1000))} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the worker's`,
      })),
    ...read(facts.backups).flatMap(({ device, failing }) =>
      failing === undefined
        ? []
        : [
            {
              id: 'backup-failing' as const,
              device,
              since: failing.since,
              text: `${failing.code}: ${failing.message}`,
            },
          ],
    ),
    ...endpoints(facts, limits, now),
  ];
}

function endpoints(facts: AlarmFacts, { notificationsFailingMs }: AlarmLimits, now: number): FoundAlarm[] {
  return read(facts.endpoints).flatMap(({ id, failingSince, disabledAt, lastError = 'no answer yet' }) => {
    const isLong = failingSince !== undefined && now - Date.parse(failingSince) >= notificationsFailingMs;
    const since = disabledAt ?? (isLong ? failingSince : undefined);
    return since === undefined
      ? []
      : [{ id: 'notification-failing' as const, name: id, since, text: `${id} takes no notifications: ${lastError}` }];
  });
}

function guards(parked: readonly ParkedFact[]): FoundAlarm[] {
  const held = new Map<string, ParkedFact[]>();
  for (const change of parked)
    for (const guard of change.guards) {
      const key = `${change.device} ${guard}`;
      held.set(key, [...(held.get(key) ?? []), change]);
    }
  return [...held].flatMap(([key, changes]) => {
    const [first] = [...changes].sort((a, b) => (a.at < b.at ? -1 : 1));
    if (first === undefined) return [];
    const ports = `${changes.length} ${changes.length === 1 ? 'port' : 'ports'}`;
    return [
      {
        id: 'guard-tripped' as const,
        device: first.device,
        name: key.slice(first.device.length + 1),
        since: first.at,
        text: `It holds changes of ${ports}; on ${first.port}: ${first.reason}`,
      },
    ];
  });
}

function unbound(facts: AlarmFacts, { unboundMs }: AlarmLimits, now: number): FoundAlarm[] {
  const old = [...read(facts.standing)].filter(
    ({ list, since }) => list === 'unbound' && now - Date.parse(since) >= unboundMs,
  );
  // Of a port the oldest one counts, which comes last.
  return old
    .sort((a, b) => (a.since < b.since ? 1 : -1))
    .map(({ device, port, since, message }) => ({ id: 'unbound-old' as const, device, port, since, text: message }));
}
