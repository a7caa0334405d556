import type { Configuration } from '../runtime/config';

/** Connects to a switch and describes what portwarden sees and would manage. */
export type InspectSwitch = (configuration: Configuration, switchId: number) => Promise<{ readonly text: string; readonly healthy: boolean }>;
