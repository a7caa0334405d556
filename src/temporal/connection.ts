import type { TLSConfig } from '@temporalio/client';
import type { TemporalSettings } from './settings';

/** What `Connection.connect` and `NativeConnection.connect` take. */
export interface TemporalConnectionOptions {
  /** `host:port`. */
  readonly address: string;
  readonly tls?: TLSConfig;
  readonly apiKey?: string;
}

/**
 * How to reach the configured Temporal server, or the embedded one on its port. Reveals the API key: hand the
 * result to the connection and nowhere else. An API key needs TLS, which is switched on with it.
 */
export function temporalConnectionOptions(settings: TemporalSettings): TemporalConnectionOptions {
  const { tls, apiKey } = settings;
  const certificate = tls?.certificate;
  const key = tls?.key;
  return {
    address: settings.address ?? `127.0.0.1:${settings.port}`,
    ...(tls === undefined && apiKey === undefined
      ? {}
      : {
          tls: {
            ...(tls?.ca === undefined ? {} : { serverRootCACertificate: Buffer.from(tls.ca) }),
            ...(tls?.serverName === undefined ? {} : { serverNameOverride: tls.serverName }),
            ...(certificate === undefined || key === undefined
              ? {}
              : { clientCertPair: { crt: Buffer.from(certificate), key: Buffer.from(key.reveal()) } }),
          },
        }),
    ...(apiKey === undefined ? {} : { apiKey: apiKey.reveal() }),
  };
}
