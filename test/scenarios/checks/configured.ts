import { z } from 'zod';
import { name } from '../form/given';
import { defineCheck } from '../form/kinds';

const texts = z.array(z.string()).default([]);

/** Lines of a switch's committed configuration: each text of `has` is part of one, none of `hasNot` is. */
export default defineCheck({
  schema: z.record(name, z.strictObject({ has: texts, hasNot: texts })),
  differences: async (play, switches) => {
    const all: string[] = [];
    for (const [on, { has, hasNot }] of Object.entries(switches)) {
      const lines = await play.configuration(on);
      const isThere = (text: string): boolean =>
        lines.some((line) => line.includes(play.names.toWorld(text)) || line.includes(text));
      const differences = [
        ...has.filter((text) => !isThere(text)).map((text) => `- ${text}`),
        ...hasNot.filter(isThere).map((text) => `+ ${text}`),
      ];
      if (differences.length > 0) all.push(`${on}:`, ...differences.map((line) => `  ${line}`));
    }
    return all;
  },
});
