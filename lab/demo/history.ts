import { Client, Connection, defaultPayloadConverter } from '@temporalio/client';

/** A binding as the history shows it. */
export interface ShownBinding {
  readonly ip: string;
  readonly mac: string;
  readonly vlan: number;
}

/** What the coordinator's history says of one commit. */
export interface ShownCommit {
  readonly desired: readonly { readonly port: string; readonly desired: readonly ShownBinding[] }[];
  readonly commands: readonly string[];
  readonly diff?: string;
}

/** Reads what a device's coordinator did last, from its workflow history, as an operator would in the UI. */
export async function lastCommit(address: string, device: string): Promise<ShownCommit | undefined> {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 });
  try {
    const { events } = await new Client({ connection }).workflow.getHandle(`device:${device}`).fetchHistory();
    let found: ShownCommit | undefined;
    const inputs = new Map<string, ShownCommit['desired']>();
    for (const event of events ?? []) {
      const scheduled = event.activityTaskScheduledEventAttributes;
      const [input] = scheduled?.input?.payloads ?? [];
      if (scheduled?.activityType?.name === 'commitToSwitch' && input !== undefined) {
        inputs.set(
          String(event.eventId),
          defaultPayloadConverter.fromPayload<{ ports: ShownCommit['desired'] }>(input).ports,
        );
      }
      const completed = event.activityTaskCompletedEventAttributes;
      const desired = inputs.get(String(completed?.scheduledEventId));
      const [result] = completed?.result?.payloads ?? [];
      if (desired !== undefined && result !== undefined)
        found = { ...defaultPayloadConverter.fromPayload<ShownCommit>(result), desired };
    }
    return found;
  } finally {
    await connection.close();
  }
}
