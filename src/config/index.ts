export type { Configuration } from './configuration';
export type { Role } from '../primitives/configuration/environment';
export { loadConfiguration, parseConfiguration } from './load';
