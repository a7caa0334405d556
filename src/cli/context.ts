import { Environment } from '../primitives/configuration/environment';
import { isLoopbackHost, parseServiceUrl } from '../primitives/configuration/fields';
import { loadConfiguration, type Configuration, type Role } from '../config';
import { PortwardenError } from '../domain/errors';
import type { DeviceId } from '../domain/values/device';
import type { PortName, PortRef } from '../domain/values/port';
import { ApiClient } from './apiClient';
import { DecisionClient } from './decisionClient';
import type { OperatedCoordinators } from '../temporal/coordinators';
import type { InspectCloud } from '../app/inspectCloud';
import type { InspectCluster } from '../app/inspectCluster';
import type { InspectDevice } from '../app/inspectDevice';
import type { InspectUplinks } from '../app/inspectUplinks';

/** What a command needs of the world. Tests replace it. */
export interface CliContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Results: standard output. */
  readonly out: (text: string) => void;
  /** Progress and errors: standard error. */
  readonly err: (text: string) => void;
  /** Asks a person at a terminal; absent where nobody sits at one. */
  readonly ask?: (question: string) => Promise<string>;
  /** Whether progress is shown at a terminal, which can write over a line. */
  readonly isTerminal?: boolean;
  /** Sets the exit code of a command that ran as it should but has bad news. */
  readonly exit: (code: number) => void;
  readonly openCoordinators: (configuration: Configuration) => Promise<OpenedCoordinators>;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  /** The device that a switch of the panel is, by the panel's number. */
  readonly panelSwitchDevice: (configuration: Configuration, switchId: number) => DeviceId;
  /** A port as its device names it. */
  readonly portOnDevice: (configuration: Configuration, named: PortRef) => PortName;
  readonly inspectDevice: InspectDevice;
  /** Absent where no cluster can be asked: there is no `doctor uplinks` then. */
  readonly inspectUplinks?: InspectUplinks;
  readonly inspectCluster: InspectCluster;
  /** Absent where no cloud can be asked: there is no `doctor cloud` then. */
  readonly inspectCloud?: InspectCloud;
}

/** The coordinators over a connection that is the command's own. */
export interface OpenedCoordinators {
  readonly coordinators: OperatedCoordinators;
  close(): Promise<void>;
}

/** Options that every command takes. */
export interface CommonOptions {
  readonly config?: string;
}

/** Loads the configuration for a command and shows its warnings. */
export function configurationFor(context: CliContext, options: CommonOptions, role: Role): Configuration {
  const { env, cwd } = context;
  const configuration = loadConfiguration({
    env,
    cwd,
    role,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  for (const warning of configuration.warnings) context.err(`warning: ${warning}\n`);
  return configuration;
}

/**
 * Opens a client of the API: at `--api`, else where the configuration says the API listens.
 * @throws PortwardenError `invalid-configuration` when the token is missing, or an address is not acceptable.
 */
export function apiFor(context: CliContext, options: CommonOptions & { readonly api?: string }): ApiClient {
  const environment = new Environment(context.env, context.cwd);
  const token = environment.secret('PORT_SECURITY_EVENT_API_BEARER_TOKEN');
  if (token?.present !== true) {
    throw new PortwardenError(
      'invalid-configuration',
      'PORT_SECURITY_EVENT_API_BEARER_TOKEN is not set (or the file that its _FILE names cannot be read)',
    );
  }
  return new ApiClient(
    options.api === undefined ? configuredUrl(context, options) : givenUrl(options.api),
    token.reveal(),
  );
}

/** Opens a client of the part of the API that carries people's decisions. @throws as {@link apiFor}. */
export function decisionsFor(context: CliContext, options: CommonOptions & { readonly api?: string }): DecisionClient {
  return new DecisionClient(apiFor(context, options));
}

function givenUrl(text: string): string {
  try {
    return parseServiceUrl(text);
  } catch (error) {
    throw new PortwardenError(
      'invalid-configuration',
      `--api ${error instanceof Error ? error.message : 'is invalid'}`,
    );
  }
}

function configuredUrl(context: CliContext, options: CommonOptions): string {
  const { host, port } = configurationFor(context, options, 'client').api;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  if (!isLoopbackHost(reachable))
    context.err(`note: talking to the API at ${reachable} without TLS, as the configuration says it listens\n`);
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
