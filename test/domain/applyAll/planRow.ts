import type { PlanRow } from '../../../src/domain/applyAll/plan';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';

/** Where a list lacks what a test takes out of it. */
export const NO_PORT = parsePortName('xe-9/9/9.0');

/** A port of a plan on which nothing is to be done, but for what is given. */
export function planRow(fields: Partial<PlanRow> = {}): PlanRow {
  return {
    device: deviceId('junos', 1),
    port: NO_PORT,
    status: 'unchanged',
    digest: '',
    summary: '0 would be added, 0 removed',
    added: [],
    removed: [],
    additions: 0,
    removals: 0,
    nodes: [],
    seconds: 0,
    ...fields,
  };
}
