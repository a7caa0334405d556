import type { NeutronClient } from '../../clients/openstack/neutron';
import type { NeutronPort } from '../../clients/openstack/schemas';
import type { DeviceId } from '../../domain/values/device';
import type { ChangeContext, ChangeSession, Device, DeviceState, Reading } from '../device';
import { NeutronChange } from './neutronChange';
import { NeutronState } from './neutronState';
import { ALL_ATTRIBUTES, type OwnedAttributes } from './ownedAttributes';
import { readSurroundings } from './surroundings';

/** What a project of a cloud is driven with. */
export interface NeutronDeviceOptions {
  readonly id: DeviceId;
  readonly client: NeutronClient;
  /** The cloud's `max_allowed_address_pair`. */
  readonly maxPairs: number;
  /** What of its ports is portwarden's to write; all by default. */
  readonly owned?: OwnedAttributes;
}

/** The ports of one project of an OpenStack cloud. */
export class NeutronDevice implements Device {
  readonly id: DeviceId;
  private readonly owned: OwnedAttributes;

  constructor(private readonly options: NeutronDeviceOptions) {
    this.id = options.id;
    this.owned = options.owned ?? ALL_ATTRIBUTES;
  }

  async readState(signal: AbortSignal, { withPolicies = false }: Reading = {}): Promise<DeviceState> {
    const surroundings = withPolicies ? await readSurroundings(this.options.client, signal) : undefined;
    return new NeutronState(await this.readPorts(signal), this.options.maxPairs, surroundings, this.owned);
  }

  async beginChange(context: ChangeContext): Promise<ChangeSession> {
    const { client, maxPairs } = this.options;
    const comparesRevisions = await client.hasExtension('revision-if-match', context.signal);
    const readPorts = (signal: AbortSignal): Promise<readonly NeutronPort[]> => this.readPorts(signal);
    return new NeutronChange(context, { client, readPorts, maxPairs, owned: this.owned, comparesRevisions });
  }

  /** A port has no secret. */
  redact(configuration: string): string {
    return configuration;
  }

  private async readPorts(signal: AbortSignal): Promise<readonly NeutronPort[]> {
    const { client } = this.options;
    const { id } = await client.project(signal);
    return client.ports({ project_id: id }, signal);
  }
}
