import { z } from 'zod';
import { portText } from '../form/given';
import { defineCheck } from '../form/kinds';
import { withUnit } from '../runner/bindings';

/** The decisions that the journal has about ports, newest first: `applied`, `parked`, … or `parked: words of its summary`. */
export default defineCheck({
  schema: z.record(portText, z.array(z.string())),
  differences: async (play, ports) => {
    const all: string[] = [];
    for (const [port, expected] of Object.entries(ports)) {
      const [on = '', where = ''] = port.split(' ');
      const path = `/api/port-security/journal?device=\${device ${on}}&port=${withUnit(where)}`;
      const { body } = await play.api('GET', path);
      const entries = (body as { entries?: readonly { status: string; summary: string }[] }).entries ?? [];
      const fits = (line: string, index: number): boolean => {
        const [status = '', ...words] = line.split(': ');
        const entry = entries[index];
        return entry?.status === status && entry.summary.includes(words.join(': '));
      };
      if (entries.length !== expected.length || !expected.every(fits))
        all.push(
          `${port}:`,
          ...expected.map((line) => `  - ${line}`),
          ...entries.map(({ status, summary }) => `  + ${status}: ${summary}`),
        );
    }
    return all;
  },
});
