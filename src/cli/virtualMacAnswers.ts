import { z } from 'zod';

const virtualMac = z.looseObject({
  mac: z.string(),
  serverId: z.number(),
  ip: z.string(),
  state: z.string(),
  places: z.array(z.looseObject({ device: z.string(), port: z.string() })),
  reason: z.string().optional(),
  allocatedAt: z.string(),
  activatedAt: z.string().optional(),
  revokedAt: z.string().optional(),
});
const event = z.looseObject({
  at: z.string(),
  mac: z.string(),
  serverId: z.number(),
  ip: z.string(),
  action: z.string(),
  detail: z.string(),
  workflowId: z.string(),
  by: z.string().optional(),
  events: z.array(z.string()).optional(),
});

/** What the API answers about virtual MACs, as far as the CLI shows it. */
export const virtualMacsAnswer = z.looseObject({ virtualMacs: z.array(virtualMac), next: z.string().optional() });
export const virtualMacAnswer = z.looseObject({ virtualMac, events: z.array(event) });
export const virtualMacEventsAnswer = z.looseObject({ events: z.array(event), next: z.string().optional() });
export const virtualMacChangeAnswer = z.looseObject({ summary: z.string(), virtualMac });

/** See {@link virtualMacsAnswer}. */
export type VirtualMacRow = z.infer<typeof virtualMac>;
/** See {@link virtualMacEventsAnswer}. */
export type VirtualMacEventRow = z.infer<typeof event>;
