import { setFlagsFromString } from 'node:v8';

/** By how much of what is alive the heap may grow before garbage is collected, in percent. */
const GROWTH_PERCENT = 30;

/**
 * The half of what a thread that is begun from now on has for what is new, in MiB. V8's own 16 are for a machine with much memory;
 * what workflows make is small.
 */
const NEWEST_MIB = 4;

/**
 * Lets V8 collect garbage before the heap has grown to several times what is alive, which is what it does by itself on a machine
 * with much memory: lists of the panel and answers of switches are large and short-lived. V8 reads the flag at the end of each
 * collection (`MemoryController::DynamicGrowingFactor`), so it may be set while it runs, and the other one when a thread is begun. A limit of the heap would end the process
 * where one large list is read.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  setFlagsFromString(`--max-semi-space-size=${NEWEST_MIB}`);
}
