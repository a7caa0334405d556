import { Context } from '@temporalio/activity';

/** The workflow on whose behalf the present activity runs, for the journal. */
export function workflowIdOf(): string {
  return Context.current().info.workflowExecution?.workflowId ?? 'none';
}
