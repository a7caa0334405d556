import type { DropCounter, DropReading } from '../../domain/dropEvidence';
import { parsePortName } from '../../domain/values/port';
import { withUnit } from './naming';
import type { Operations } from './operations';

/**
 * Documented: Junos command reference, `show arp inspection statistics` (EX since 9.0, QFX since 12.1; privilege `view`). On ELS
 * releases the command is `show dhcp-security arp inspection statistics`, as operators use it; its table is taken to be the same.
 */
const COMMANDS = ['show arp inspection statistics', 'show dhcp-security arp inspection statistics'] as const;
const MOST_PORTS = 2_000;

/** Interface, packets received, passed, failed. */
const ROW = /^\s*([a-z]{2,4}-?\d+(?:\/\d+){0,2}(?:\.\d+)?)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/;
const HEADER = /ARP inspection failed/i;

/** Asks a switch what it refused. A switch that knows neither command, or does not let the login run it, says why. */
export async function readDropCounters(
  { command }: { readonly command: Operations['command'] | undefined },
  unit: number,
): Promise<DropReading> {
  if (command === undefined) return { unavailable: 'not available on this platform' };
  let why = 'not available on this platform';
  for (const text of COMMANDS) {
    const answer = await command(text);
    if ('refused' in answer) {
      why = `the switch does not answer "${text}": ${answer.refused}`;
      continue;
    }
    const counters = parseArpStatistics(answer.output, unit);
    if (counters !== undefined) return { counters };
    why = `the answer to "${text}" is not known`;
  }
  return { unavailable: why };
}

/** The rows of the table; undefined when it is none. Interfaces that are named twice, by members of a chassis, add up. */
export function parseArpStatistics(text: string, unit: number): readonly DropCounter[] | undefined {
  if (!HEADER.test(text)) return undefined;
  const found = new Map<DropCounter['port'], number>();
  for (const line of text.split('\n')) {
    const [, name, , , failed] = ROW.exec(line) ?? [];
    if (name === undefined || failed === undefined || found.size >= MOST_PORTS) continue;
    const port = withUnit(parsePortName(name), unit);
    const count = Number(failed);
    if (Number.isSafeInteger(count)) found.set(port, (found.get(port) ?? 0) + count);
  }
  return [...found].map(([port, refused]) => ({ port, refused }));
}
