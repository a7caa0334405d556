import { converge } from '../../../src/devices/pass/converge';
import type { Device } from '../../../src/devices/device';
import { bind, outcomeOf, recordingContext, request, target } from '../support';

/** A port that somebody else writes to as well, without looking at revisions: as the usual tools do. */
export interface ContestedPort {
  readonly device: Device;
  readonly port: string;
  readonly mac: string;
  /** The addresses of the port's pairs. */
  addresses(): Promise<readonly string[]>;
  /** Reads the pairs, appends one, writes the whole list, as `openstack port set --allowed-address` does. */
  append(ip: string): Promise<void>;
  clear(): Promise<void>;
}

/**
 * Both write at the same time, again and again. In the end all of ours are there, and none of the rival's went through a
 * write of ours: what is missing of theirs, the rival's own stale list took away, which no client of Neutron can prevent.
 */
export async function contest(
  { device, port, mac, addresses, append, clear }: ContestedPort,
  rounds: number,
): Promise<void> {
  await clear();
  const ours: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(`10.10.10.${100 + (round % 4)}`);
    const before = await addresses();
    const wanted = [
      target(
        port,
        [...new Set(ours)].map((ip) => bind(ip, mac, 1)),
      ),
    ];
    const rival = `10.10.10.${200 + (round % 4)}`;
    const [result] = await Promise.all([converge(device, request(wanted), recordingContext()), append(rival)]);
    const outcome = outcomeOf(result, port);
    const after = await addresses();
    if (outcome.status === 'failed')
      expect(['device-conflict', 'device-readback-mismatch']).toContain(outcome.error?.code);
    else for (const ip of before.filter((one) => one.startsWith('10.10.10.2'))) expect(after).toContain(ip);
    // The coordinator comes back to a port that failed: the pass that nobody disturbs is through.
    expect(outcomeOf(await converge(device, request(wanted), recordingContext()), port).status).not.toBe('failed');
    const end = await addresses();
    for (const ip of new Set(ours)) expect(end).toContain(ip);
  }
}
