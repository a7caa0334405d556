import { startNeutronLab, type NeutronLab, type NeutronLabOptions } from '../../../lab/neutron/lab';
import { seedCloud, type SeededCloud } from '../../../lab/neutron/seed';
import { NeutronClient } from '../../../src/clients/openstack/neutron';
import { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName, type PortName } from '../../../src/domain/values/port';

/** A project of a fake cloud with the driver for it. */
export interface ProjectUnderTest {
  readonly lab: NeutronLab;
  readonly cloud: SeededCloud;
  readonly device: NeutronDevice;
  /** The same with another word about the cloud's limit. */
  readonly lenient: NeutronDevice;
  readonly first: PortName;
  readonly second: PortName;
  readonly third: PortName;
  stop(): Promise<void>;
}

/** Starts one; `maxPairs` is what the driver is told, and the cloud's own limit. */
export async function startProject(options: NeutronLabOptions = {}): Promise<ProjectUnderTest> {
  const lab = await startNeutronLab(options);
  const cloud = seedCloud(lab);
  const { id, secret } = cloud.credential;
  const client = new NeutronClient({
    authUrl: lab.authUrl,
    login: { method: 'applicationCredential', credential: { id }, secret },
    interface: 'public',
    timeoutMs: 10_000,
  });
  const maxPairs = options.maxPairs ?? 10;
  return {
    lab,
    cloud,
    device: new NeutronDevice({ id: deviceId('neutron', 'cloud1.lab'), client, maxPairs }),
    lenient: new NeutronDevice({ id: deviceId('neutron', 'cloud1.lab'), client, maxPairs: 50 }),
    first: parsePortName(cloud.first.id),
    second: parsePortName(cloud.second.id),
    third: parsePortName(cloud.third.id),
    stop: async () => {
      client.close();
      await lab.close();
    },
  };
}
