import { z } from 'zod';
import { portText } from '../form/given';
import { defineCheck } from '../form/kinds';
import { listDifference } from '../form/words';

const lines = z.array(z.string());

/**
 * What ports let through, read from the switch: whole bindings (`10.0.48.5 vlan VLAN.13 mac 02:00:00:00:00:05`), or the
 * addresses alone. A list is all that there is; `has` and `hasNot` look for some.
 */
export default defineCheck({
  schema: z.record(portText, z.union([lines, z.strictObject({ has: lines.default([]), hasNot: lines.default([]) })])),
  differences: async (play, ports) => {
    const all: string[] = [];
    for (const [port, expected] of Object.entries(ports)) {
      const found = await play.bindings(port);
      const shown = (wanted: readonly string[]): readonly string[] =>
        found.map((line) => {
          const ip = line.split(' ')[0] ?? '';
          return wanted.includes(ip) ? ip : line;
        });
      const differences = Array.isArray(expected)
        ? listDifference(expected, shown(expected))
        : [
            ...expected.has.filter((one) => !shown(expected.has).includes(one)).map((one) => `- ${one}`),
            ...expected.hasNot.filter((one) => shown(expected.hasNot).includes(one)).map((one) => `+ ${one}`),
          ];
      if (differences.length > 0) all.push(`${port}:`, ...differences.map((line) => `  ${line}`));
    }
    return all;
  },
});
