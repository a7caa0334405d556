import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import { errorEntry, PortwardenError } from '../domain/errors';
import { LOOK_SECONDS, type ExplainResult, type LookActivities, type PreviewResult } from '../protocol/preview';
import { readExplainInput, readPreviewInput } from '../protocol/previewInput';
import { lookFailure, reportFailure } from './failures';

const { previewChanges, explainBindings } = proxyActivities<LookActivities>({
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

function readOrFail<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    throw failure(error.code, error.message, errorEntry(error.code).remedy);
  }
}

async function answer<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    const { code, message, remedy } = reportFailure(lookFailure(error));
    throw failure(code, message, remedy);
  }
}

function failure(code: string, message: string, remedy: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, nonRetryable: true, message, details: [{ remedy }] });
}
