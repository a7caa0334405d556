export type {
  Configuration,
  ProxmoxClusterSettings,
  SwitchSettings,
  TemporalSettings,
  VlanSettings,
} from './configuration';
export type { Role } from './environment';
export { loadConfiguration, parseConfiguration, type LoadOptions } from './load';
export { Secret } from './secret';
export { configuredAccess, switchSettings } from './switches';
