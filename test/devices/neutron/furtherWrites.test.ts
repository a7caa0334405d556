import type { NeutronClient } from '../../../src/clients/openstack/neutron';
import type { NeutronPort } from '../../../src/clients/openstack/schemas';
import { NeutronChange } from '../../../src/devices/neutron/neutronChange';
import { ALL_ATTRIBUTES } from '../../../src/devices/neutron/ownedAttributes';
import { PortwardenError } from '../../../src/domain/errors';
import { parsePortName, type PortName } from '../../../src/domain/values/port';
import { statement } from '../../activities/fakes/values';

const ports = ['p1', 'p2', 'p3'].map(parsePortName);

const row = (id: string): NeutronPort => ({
  ...{ id, name: '', mac_address: 'fa:16:3e:00:00:01', fixed_ips: [], 'binding:vnic_type': 'normal' },
  ...{ device_owner: '', device_id: '', network_id: 'n', project_id: 'p', port_security_enabled: true },
  ...{ allowed_address_pairs: [], security_groups: [], tags: [] },
});

test('ports that are written one by one are asked about one by one: what is paused meanwhile is not written any more', async () => {
  const written: string[] = [];
  const asked: PortName[] = [];
  const client = {
    update: async (id: string) => {
      written.push(id);
      return { kind: 'written' };
    },
  };
  const change = new NeutronChange(
    {
      signal: new AbortController().signal,
      onStep: () => undefined,
      logToken: 'token',
      ports,
      beforeFurtherWrite: async (port) => {
        asked.push(port);
        if (asked.length > 1) throw new PortwardenError('paused', 'alice paused everything');
      },
    },
    {
      client: client as unknown as NeutronClient,
      readPorts: async () => ports.map(row),
      maxPairs: 10,
      owned: ALL_ATTRIBUTES,
      comparesRevisions: false,
    },
  );
  await change.read();
  const planned = ports.map((port) => ({
    port,
    actual: [],
    plan: { port, add: [statement('10.0.0.1')], remove: [], because: new Map(), actualCount: 0, keptIps: [] },
  }));
  const result = await change.commit(change.announce(planned), planned);
  expect(written).toEqual(['p1', 'p2']);
  expect(asked).toEqual(['p2', 'p3']);
  expect(result).toMatchObject({
    committed: true,
    refused: [{ port: 'p3', code: 'paused', message: 'alice paused everything' }],
  });
});
