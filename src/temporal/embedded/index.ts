export { startEmbeddedTemporal, type EmbeddedTemporal, type EmbeddedTemporalOptions } from './embedded';
export { checkTemporal, waitForTemporal } from './readiness';
export { findTemporalCli } from './findCli';
