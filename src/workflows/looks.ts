import { proxyActivities } from '@temporalio/workflow';
import {
  LOOK_SECONDS,
  type CoverageResult,
  type ExplainResult,
  type LookActivities,
  type PreviewResult,
} from '../protocol/preview';
import type { ConfigurationPreviewResult } from '../protocol/configurationPreview';
import { readConfigurationPreviewInput } from '../protocol/configurationPreviewInput';
import { readCoverageInput, readExplainInput, readPreviewInput } from '../protocol/previewInput';
import { answer, readOrFail } from './shortWorkflow';

const {
  previewChanges,
  explainBindings,
  portCoverage,
  previewConfiguration: previewOfConfiguration,
} = proxyActivities<LookActivities>({
  scheduleToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 2, initialInterval: '1 second' },
});

/**
 * Shows what a pass would do with the ports of a server, port, node or device now. A workflow, so that the process that
 * asks needs no credentials of panel, hypervisors or devices. Input: `{server}`, `{device, port?}` or
 * `{node, cluster?}`, and `form` (`difference` or `replace`).
 */
export async function preview(input: unknown): Promise<PreviewResult> {
  const request = readOrFail(() => readPreviewInput(input));
  return answer(() => previewChanges(request));
}

/** Says why addresses are let through or not. Input: `{ip}`, `{mac}`, `{server}` or `{device, port}`. */
export async function explain(input: unknown): Promise<ExplainResult> {
  const request = readOrFail(() => readExplainInput(input));
  return answer(() => explainBindings(request));
}

/** Says what a port's device enforces there as it is set now, and what not. Input: `{device, port}`. */
export async function coverage(input: unknown): Promise<CoverageResult> {
  const request = readOrFail(() => readCoverageInput(input));
  return answer(() => portCoverage(request));
}

/** Says what another configuration would do to the fleet, one page of one device at a time. Input: what the API takes. */
export async function previewConfiguration(input: unknown): Promise<ConfigurationPreviewResult> {
  const request = readOrFail(() => readConfigurationPreviewInput(input));
  return answer(() => previewOfConfiguration(request));
}
