export type { Configuration, ProxmoxClusterSettings, SwitchSettings, VlanSettings } from './configuration';
export type { Role } from './environment';
export { loadConfiguration, parseConfiguration, type LoadOptions } from './load';
export { Secret } from '../primitives/secret';
export { configuredLogin, switchSettings } from './switches';
