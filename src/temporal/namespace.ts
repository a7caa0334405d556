import type { Client } from '@temporalio/client';

/** Where a Temporal namespace keeps whose it is (`NamespaceInfo.data`). */
const INSTALLATION_KEY = 'portwarden.installation';
const ANSWER_MS = 10_000;

/** A Temporal namespace, with the installation that it remembers. */
export interface DescribedNamespace {
  readonly name: string;
  readonly id: string;
  readonly installation: string | undefined;
}

/** The Temporal namespace that a process works in, which remembers whose it is. */
export class Namespace {
  constructor(
    private readonly client: Client,
    readonly name: string,
  ) {}

  /** @returns undefined when the server gives it no id. @throws what the server says when it may not be described. */
  async describe(): Promise<DescribedNamespace | undefined> {
    const { namespaceInfo } = await this.client.withDeadline(Date.now() + ANSWER_MS, () =>
      this.client.workflowService.describeNamespace({ namespace: this.name }),
    );
    const id = namespaceInfo?.id;
    if (typeof id !== 'string' || id === '') return undefined;
    return { name: this.name, id, installation: namespaceInfo?.data?.[INSTALLATION_KEY] };
  }

  /** @throws what the server says: cloud and locked-down servers do not let a namespace be changed. */
  async rememberInstallation(installation: string): Promise<void> {
    await this.client.withDeadline(Date.now() + ANSWER_MS, () =>
      this.client.workflowService.updateNamespace({
        namespace: this.name,
        updateInfo: { data: { [INSTALLATION_KEY]: installation } },
      }),
    );
  }
}
