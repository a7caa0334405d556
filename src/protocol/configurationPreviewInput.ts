import { invalidField } from '../domain/errors';
import type { GuardLimits } from '../domain/change/guards';
import { parseCidr } from '../domain/values/ip';
import { parseDeviceId } from '../domain/values/device';
import { parseMac } from '../domain/values/mac';
import { parsePortName } from '../domain/values/port';
import { parseVlanId } from '../domain/values/vlan';
import type {
  ConfigurationPreviewInput,
  FleetCursor,
  ProposedConfiguration,
  ProposedUplink,
} from './configurationPreview';

type Fields = Readonly<Record<string, unknown>>;
type Cluster = ProposedConfiguration['clusters'][string];

/**
 * Reads a question for the preview of a configuration, as the API and the UI's form give it.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function readConfigurationPreviewInput(input: unknown): ConfigurationPreviewInput {
  const { proposed, from } = fieldsOf(input, 'body');
  const { map, allowlist, clusters, guards } = fieldsOf(proposed, 'proposed');
  return {
    proposed: {
      map: listOf(map, 'map').map((entry) => {
        const { range, vlan } = fieldsOf(entry, 'map');
        return {
          range: read('map', () => parseCidr(textOf(range))),
          vlan: read('map', () => parseVlanId(Number(vlan))),
        };
      }),
      allowlist: listOf(allowlist, 'allowlist').map((vlan) => read('allowlist', () => parseVlanId(Number(vlan)))),
      clusters: mapOf(clusters, 'clusters', readCluster),
      guards: readGuards(guards),
    },
    ...(from === undefined ? {} : { from: readCursor(from) }),
  };
}

function readCluster(value: unknown): Cluster {
  const { nativeVlan, uplinks } = fieldsOf(value, 'clusters');
  return {
    uplinks: mapOf(uplinks, 'uplinks', (list) => listOf(list, 'uplinks').map(readUplink)),
    ...(nativeVlan === undefined ? {} : { nativeVlan: read('nativeVlan', () => parseVlanId(Number(nativeVlan))) }),
  };
}

function readUplink(value: unknown): ProposedUplink {
  const { ports, interfaces, nativeVlan, mac } = fieldsOf(value, 'uplinks');
  return {
    ports: listOf(ports, 'ports').map((one) => {
      const { switchId, port } = fieldsOf(one, 'ports');
      return { switchId: wholeOf(switchId, 'switchId'), port: read('port', () => parsePortName(textOf(port))) };
    }),
    ...(interfaces === undefined ? {} : { interfaces: listOf(interfaces, 'interfaces').map(textOf) }),
    ...(nativeVlan === undefined ? {} : { nativeVlan: read('nativeVlan', () => parseVlanId(Number(nativeVlan))) }),
    ...(mac === undefined ? {} : { mac: read('mac', () => parseMac(textOf(mac))) }),
  };
}

const COUNTS = ['maxRemovedBindings', 'maxBindingsPerPort', 'maxChangesPerCommit', 'maxChangesPerHour'] as const;

function readGuards(value: unknown): ProposedConfiguration['guards'] {
  const guards = fieldsOf(value, 'guards');
  const { maxRemovedBindings, maxRemovedShare, ...others } = readLimits(guards);
  const devices = guards['devices'];
  return {
    ...others,
    maxRemovedBindings: maxRemovedBindings ?? wholeOf(undefined, 'maxRemovedBindings'),
    maxRemovedShare: maxRemovedShare ?? shareOf(undefined),
    ...(devices === undefined ? {} : { devices: readDevices(devices) }),
  };
}

function readDevices(value: unknown): NonNullable<ProposedConfiguration['guards']['devices']> {
  const own = mapOf(value, 'guards.devices', (limits) => readLimits(fieldsOf(limits, 'guards.devices')));
  return Object.fromEntries(
    Object.entries(own).map(([device, limits]) => [read('guards.devices', () => parseDeviceId(device)), limits]),
  );
}

function readLimits(limits: Fields): Partial<GuardLimits> {
  const { maxRemovedShare } = limits;
  const counts = COUNTS.flatMap((name) =>
    limits[name] === undefined ? [] : [[name, wholeOf(limits[name], name)] as const],
  );
  return {
    ...Object.fromEntries(counts),
    ...(maxRemovedShare === undefined ? {} : { maxRemovedShare: shareOf(maxRemovedShare) }),
  };
}

function shareOf(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidField('invalid-request', 'maxRemovedShare', 'must be a number from 0 to 1');
}

function readCursor(value: unknown): FleetCursor {
  const { device, port } = fieldsOf(value, 'from');
  return {
    device: read('from', () => parseDeviceId(textOf(device))),
    ...(port === undefined ? {} : { port: read('from', () => parsePortName(textOf(port))) }),
  };
}

/** What is no text fits no rule of texts. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function wholeOf(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidField('invalid-request', field, 'must be a whole number');
}

function mapOf<T>(value: unknown, field: string, of: (value: unknown) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fieldsOf(value, field)).map(([name, one]) => [name, of(one)]));
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalidField('invalid-request', field, 'must be a list');
}

function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalidField('invalid-request', field, 'must be a JSON object');
}

function read<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw invalidField('invalid-request', field, error instanceof Error ? error.message : 'is invalid');
  }
}
