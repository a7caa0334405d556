export type {
  ApiSettings,
  Configuration,
  LoggingSettings,
  MetricsSettings,
  PanelSettings,
  ProxmoxClusterSettings,
  RetrySettings,
  StoreSettings,
  SwitchSettings,
  TemporalSettings,
  VlanSettings,
} from './configuration';
export type { Role } from './environment';
export { loadConfiguration, parseConfiguration, type LoadOptions } from './load';
export { Secret } from './secret';
export { configuredAccess, switchSettings } from './switches';
