import type { Statement } from '../change/statement';
import type { PortName } from '../values/port';

/**
 * What every port of a device let through when a backup of it was made, by the device's own names of the ports. A port that
 * is not among them let nothing through.
 */
export type PortBindings = readonly { readonly port: PortName; readonly statements: readonly Statement[] }[];
