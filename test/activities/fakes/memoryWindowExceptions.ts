import { exceptionText, type WindowException } from '../../../src/domain/windows/windowException';
import type { JournalRepository } from '../../../src/store/journal';
import type { WindowExceptionRepository } from '../../../src/store/windowExceptions';

/** Exceptions from change windows in memory, by the same rules as those of a database. */
export class MemoryWindowExceptions implements WindowExceptionRepository {
  private rows: WindowException[] = [];

  /** @param use called before whatever is read or written. */
  constructor(
    private readonly touch: () => void,
    private readonly journal: () => Pick<JournalRepository, 'append'>,
  ) {}

  active: WindowExceptionRepository['active'] = async (at, device) => {
    this.touch();
    return this.rows.filter(
      (one) => Date.parse(one.expiresAt) > at.getTime() && (device === undefined || one.device === device),
    );
  };

  grant: WindowExceptionRepository['grant'] = async (asked, workflowId, at) => {
    this.touch();
    const granted = { ...asked, since: at.toISOString() };
    this.rows = [...this.rows.filter(({ device, port }) => device !== asked.device || port !== asked.port), granted];
    const { device, port, author, reason } = asked;
    const entry = { device, port, workflowId, status: 'unchanged' as const, author, reason };
    await this.journal().append([{ ...entry, summary: exceptionText(granted), added: [], removed: [], commands: [] }]);
    return granted;
  };

  use: WindowExceptionRepository['use'] = async (device, ports, at) => {
    this.touch();
    const isUsed = (one: WindowException): boolean => one.device === device && ports.includes(one.port);
    const used = this.rows.filter(isUsed);
    this.rows = this.rows.filter((one) => !isUsed(one));
    return used.filter(({ expiresAt }) => Date.parse(expiresAt) > at.getTime());
  };
}
