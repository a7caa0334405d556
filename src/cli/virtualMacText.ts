import type { VirtualMacEventRow, VirtualMacRow } from './virtualMacAnswers';

/** Virtual MACs as an operator reads them. */
export function virtualMacsText(rows: readonly VirtualMacRow[]): string {
  if (rows.length === 0) return 'There is no virtual MAC\n';
  return lines([
    `${'MAC'.padEnd(17)}  ${'STATE'.padEnd(8)}  ${'SERVER'.padEnd(8)}  ${'ADDRESS'.padEnd(18)}  WHERE`,
    ...rows.map(
      (row) =>
        `${row.mac}  ${row.state.padEnd(8)}  ${String(row.serverId).padEnd(8)}  ${row.ip.padEnd(18)}  ${where(row)}`,
    ),
  ]);
}

/** One virtual MAC with its event log, and what its customer configures. */
export function virtualMacText(row: VirtualMacRow, events: readonly VirtualMacEventRow[]): string {
  const { mac, ip, serverId, state, reason, allocatedAt, activatedAt, revokedAt } = row;
  return lines([
    `${mac}  ${state}, for ${ip} of server ${serverId}`,
    `  bound      ${where(row)}`,
    ...(reason === undefined ? [] : [`  because    ${reason}`]),
    `  allocated  ${allocatedAt}`,
    ...(activatedAt === undefined ? [] : [`  active     since ${activatedAt}`]),
    ...(revokedAt === undefined ? [] : [`  revoked    ${revokedAt}`]),
    ...(state === 'revoked' ? [] : ['  on the server (Linux, as root; eth0 is its interface):', ...commands(row)]),
    '  what happened, newest first:',
    ...events.map((event) => `    ${eventLine(event)}`),
  ]);
}

/** The event log of virtual MACs. */
export function virtualMacLogText(events: readonly VirtualMacEventRow[]): string {
  if (events.length === 0) return 'Nothing happened yet\n';
  return lines(events.map((event) => `${event.mac}  ${event.ip} of server ${event.serverId}  ${eventLine(event)}`));
}

/** A second interface with the virtual MAC on the same cable, and the address on it. */
function commands({ mac, ip }: VirtualMacRow): readonly string[] {
  const length = ip.includes(':') ? 128 : 32;
  return [
    `    ip link add link eth0 name vmac0 address ${mac} type macvlan mode bridge`,
    `    ip addr add ${ip}/${length} dev vmac0`,
    '    ip link set vmac0 up',
  ];
}

function eventLine({ at, action, detail, by, workflowId, events = [] }: VirtualMacEventRow): string {
  const who = by === undefined ? '' : ` by ${by}`;
  const why = events.length === 0 ? '' : `, for ${events.join(' and ')}`;
  return `${at}  ${action.padEnd(9)}${who}  ${detail}  (${workflowId}${why})`;
}

function where({ places, reason }: VirtualMacRow): string {
  if (places.length > 0) return places.map(({ device, port }) => `${device} ${port}`).join(' and ');
  return reason === undefined ? 'nowhere yet' : `nowhere: ${reason}`;
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
