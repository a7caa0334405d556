import type { Client } from '@temporalio/client';
import type {
  CoverageInput,
  CoverageResult,
  ExplainInput,
  ExplainResult,
  PreviewInput,
  PreviewResult,
} from '../protocol/preview';
import type { CompareBackupInput, CompareBackupResult } from '../protocol/backups';
import type { ConfigurationPreviewInput, ConfigurationPreviewResult } from '../protocol/configurationPreview';
import {
  COMPARE_BACKUP_WORKFLOW,
  CONFIGURATION_PREVIEW_WORKFLOW,
  COVERAGE_WORKFLOW,
  EXPLAIN_WORKFLOW,
  PREVIEW_WORKFLOW,
} from '../protocol/names';
import { shortWorkflows } from './shortWorkflows';

/** Asks workers what a pass would do, and why addresses are let through or not. Nothing is touched by it. */
export interface Looks {
  /** @throws PortwardenError as the worker answers, `answer-timeout` when none did, `temporal-unavailable`. */
  preview(input: PreviewInput): Promise<PreviewResult>;
  /** @throws PortwardenError likewise. */
  explain(input: ExplainInput): Promise<ExplainResult>;
  /** @throws PortwardenError likewise. */
  coverage(input: CoverageInput): Promise<CoverageResult>;
  /** @throws PortwardenError likewise. */
  compareBackup(input: CompareBackupInput): Promise<CompareBackupResult>;
  /** @throws PortwardenError likewise. */
  previewConfiguration(input: ConfigurationPreviewInput): Promise<ConfigurationPreviewResult>;
}

/** Looks by short workflows on the workers of a task queue. */
export function createLooks(client: Client, taskQueue: string): Looks {
  const execute = shortWorkflows(client, taskQueue);
  return {
    preview: ({ subject, form }) =>
      execute(PREVIEW_WORKFLOW, `Preview of ${nameOf(subject)}`, { ...fieldsOf(subject), form }),
    previewConfiguration: ({ proposed, from }) =>
      execute(
        CONFIGURATION_PREVIEW_WORKFLOW,
        `Preview of a configuration, from ${from?.device ?? 'the first device'}`,
        {
          proposed,
          ...(from === undefined ? {} : { from }),
        },
      ),
    compareBackup: ({ device, from }) =>
      execute(COMPARE_BACKUP_WORKFLOW, `Backup ${from} of ${device} compared with now`, { device, from }),
    coverage: ({ device, port }) => execute(COVERAGE_WORKFLOW, `Coverage of ${device} ${port}`, { device, port }),
    explain: ({ subject }) => execute(EXPLAIN_WORKFLOW, `Explanation of ${nameOf(subject)}`, fieldsOf(subject)),
  };
}

type Subject = PreviewInput['subject'] | ExplainInput['subject'];

/** The subject as the workflow takes it, like an operator who starts it by hand. */
function fieldsOf(subject: Subject): Readonly<Record<string, string | number>> {
  switch (subject.of) {
    case 'server':
      return { server: subject.serverId };
    case 'port':
      return { device: subject.device, port: subject.port };
    case 'device':
      return { device: subject.device };
    case 'node':
      return { node: subject.node, ...(subject.cluster === undefined ? {} : { cluster: subject.cluster }) };
    case 'address':
      return { ip: subject.ip };
    case 'mac':
      return { mac: subject.mac };
  }
}

function nameOf(subject: Subject): string {
  return Object.entries(fieldsOf(subject))
    .map(([name, value]) => `${name} ${value}`)
    .join(' ');
}
