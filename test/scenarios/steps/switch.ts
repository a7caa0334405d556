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
    /** Who it is; `operator` when absent. */
    user: z.string().exactOptional(),
    /** What is written into the commit log. */
    log: z.string().exactOptional(),
    /** Bindings to add, by port. */
    bind: z.record(z.string(), z.array(z.string())).default({}),
  }),
  run: async (play, { switch: on, edit, user, log, bind }) => {
    const found = play.theSwitch(on);
    const isEls = found.profile === 'ex3400-18' || found.profile === 'ex4300-21';
    const lines = Object.entries(bind).flatMap(([port, bindings]) =>
      bindings.map((binding) => bindingLine(port, play.names.toWorld(binding), isEls)),
    );
    const session = found.editAsOperator([...play.names.toWorld(edit), ...lines], user === undefined ? {} : { user });
    session.commit(log);
    session.release();
    return undefined;
  },
});
