import { z } from 'zod';

const scope = z.looseObject({
  kind: z.string(),
  device: z.string().optional(),
  port: z.string().optional(),
  serverId: z.number().optional(),
  network: z.string().optional(),
});
const fields = {
  portSecurity: z.string().optional(),
  allowedAddressPairs: z.array(z.looseObject({ address: z.string(), mac: z.string().optional() })).optional(),
  securityGroups: z.array(z.string()).optional(),
  exclusive: z.boolean().optional(),
};
const policy = z.looseObject({
  ...fields,
  scope,
  version: z.string(),
  author: z.string(),
  reason: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  state: z.string().optional(),
  over: z.looseObject(fields).optional(),
});
const change = z.looseObject({
  version: z.string(),
  at: z.string(),
  scope,
  change: z.string(),
  author: z.string(),
  reason: z.string(),
  before: policy.optional(),
  after: policy.optional(),
});

/** A page of policies, as the API answers. */
export const policiesAnswer = z.looseObject({ policies: z.array(policy), next: z.string().optional() });
/** One policy with what was done to it. */
export const policyAnswer = z.looseObject({ policy: policy.optional(), version: z.string(), changes: z.array(change) });
/** What the API answers to a change of a policy. */
export const acceptedPolicyAnswer = z.looseObject({
  workflowId: z.string(),
  statusUrl: z.string(),
  change: change.optional(),
});
/** What became of a change of a policy. */
export const changedPolicyAnswer = z.looseObject({
  summary: z.string(),
  change: change.optional(),
  notes: z.array(z.string()),
  outcomes: z.array(
    z.looseObject({
      device: z.string(),
      port: z.string(),
      status: z.string(),
      summary: z.string(),
      policy: z.looseObject({ refused: z.array(z.looseObject({ code: z.string(), message: z.string() })) }).optional(),
    }),
  ),
});

/** See {@link policiesAnswer}. */
export type PolicyRow = z.infer<typeof policy>;
/** See {@link policyAnswer}. */
export type PolicyAnswer = z.infer<typeof policyAnswer>;
/** See {@link changedPolicyAnswer}. */
export type ChangedPolicyAnswer = z.infer<typeof changedPolicyAnswer>;
/** See {@link acceptedPolicyAnswer}. */
export type AcceptedPolicyAnswer = z.infer<typeof acceptedPolicyAnswer>;
