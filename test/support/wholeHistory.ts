import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

type Response = temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse;
type History = temporal.api.history.v1.IHistory;

/** Events of 256 KiB each still fit into an answer of gRPC. */
const EVENTS_A_PAGE = 15;

/** The history of a run, however large its payloads are: those that the SDK fetches have to fit into 4 MiB by 256 events. */
export async function wholeHistory(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<History> {
  const events: NonNullable<History['events']> = [];
  for (let page: Uint8Array | undefined = new Uint8Array(); page !== undefined;) {
    const { history, nextPageToken }: Response = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution,
      maximumPageSize: EVENTS_A_PAGE,
      nextPageToken: page,
    });
    events.push(...(history?.events ?? []));
    page = nextPageToken.length > 0 ? nextPageToken : undefined;
  }
  return temporal.api.history.v1.History.create({ events });
}
