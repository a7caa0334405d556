import { z } from 'zod';
import { name, settings } from '../form/given';
import { defineStep } from '../form/kinds';

/** Somebody changes portwarden.yaml and restarts portwarden. What is said here replaces what the scenario had set before. */
export default defineStep({
  schema: z.strictObject({
    configuration: z.record(z.string(), settings).exactOptional(),
    /** Keys of clusters' entries. */
    hypervisor: z.record(name, settings).exactOptional(),
    /** Keys of switches' entries. */
    switches: z.record(name, settings).exactOptional(),
  }),
  run: async (play, own) => {
    await play.configure(own);
    return undefined;
  },
});
