import { samePort, type PortRef } from '../../domain/values/port';

/** Ports, each once. */
export function distinctPorts(ports: readonly PortRef[]): readonly PortRef[] {
  return ports
    .filter((one, index) => ports.findIndex((other) => samePort(one, other)) === index)
    .map(({ device, port }) => ({ device, port }));
}

/** Ports as a sentence has them, with its verb. */
export function describePlaces(ports: readonly PortRef[]): string {
  const names = ports.map(({ device, port }) => `${device} ${port}`).join(' and ');
  return `${names} ${ports.length === 1 ? 'is' : 'are'}`;
}
