import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';
import { bindingLine } from '../runner/bindings';

/** Somebody at a terminal of a switch changes it and commits. */
export default defineStep({
  schema: z.strictObject({
    switch: name,
    /** `set` and `delete` lines. */
    edit: z.array(z.string()).default([]),
    /** Bindings to add, by port. */
    bind: z.record(z.string(), z.array(z.string())).default({}),
  }),
  run: async (play, { switch: on, edit, bind }) => {
    const found = play.theSwitch(on);
    const isEls = found.profile === 'ex3400-18' || found.profile === 'ex4300-21';
    const lines = Object.entries(bind).flatMap(([port, bindings]) =>
      bindings.map((binding) => bindingLine(port, play.names.toWorld(binding), isEls)),
    );
    found.editAsOperator([...play.names.toWorld(edit), ...lines], { commit: true }).release();
    return undefined;
  },
});
