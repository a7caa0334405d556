import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import type { Random } from './random';
import type { SwitchWatch } from './switchWatch';
import { ipOf, isVirtual, type TruthHistory } from './truth';

const ANSWER_MS = 10_000;
const MOST = 500;

/** A row of `GET /api/virtual-macs`. */
interface Row {
  readonly mac: string;
  readonly ip: string;
  readonly state: string;
}

/** What people do with virtual MACs: give addresses one, and take them away. */
export class VirtualMacs {
  constructor(
    private readonly random: Random,
    private readonly history: TruthHistory,
    private readonly automated: () => readonly PanelServerWorld[],
    private readonly apiUrl: () => string | undefined,
    private readonly token: string,
  ) {}

  /** Does one thing. @returns what, for the run's log. */
  async act(): Promise<string> {
    const isRevoked = this.random.chance(0.4);
    const at = this.random.next();
    return isRevoked ? this.revoke(at) : this.assign();
  }

  private async assign(): Promise<string> {
    const further = this.automated().flatMap(({ id, kind, ips }) =>
      kind === 'dedicated' ? ips.slice(1).map((ip) => ({ server: id, ip })) : [],
    );
    if (further.length === 0) return 'no further address that could have a virtual MAC';
    const { server, ip } = this.random.pick(further);
    this.history.ledger.otherMac.add(ip);
    const answer = await ask(this.apiUrl(), this.token, '/api/virtual-macs', { server, ip, by: 'chaos' });
    return `a person gives ${ip} of server ${server} a virtual MAC${answer === undefined ? ': nobody took it' : ''}`;
  }

  /** @param at which of them, from 0 up to 1: how many there are is not the same in another run. */
  private async revoke(at: number): Promise<string> {
    const answer = await ask(this.apiUrl(), this.token, `/api/virtual-macs?state=active&limit=${MOST}`);
    const { virtualMacs: rows = [] } = (answer ?? {}) as { readonly virtualMacs?: readonly Row[] };
    const row = rows[Math.floor(at * rows.length)];
    if (row === undefined) return 'no virtual MAC to revoke';
    this.history.ledger.otherMac.add(row.ip);
    this.history.ledger.revokedMacs.add(row.mac);
    const body = { by: 'chaos', reason: 'whatever happens' };
    const done = await ask(this.apiUrl(), this.token, `/api/virtual-macs/${row.mac}/revoke`, body);
    return `a person revokes ${row.mac} of ${row.ip}${done === undefined ? ': nobody took it' : ''}`;
  }
}

/**
 * Every virtual MAC that is bound is one of the product's, is its address' own, and no other address' at any time. None that a
 * person revoked is, whatever has become of its server.
 */
export async function virtualMacProblems(
  apiUrl: string,
  token: string,
  watches: readonly SwitchWatch[],
): Promise<string[]> {
  const bound = watches.flatMap((watch) =>
    [...watch.bindings()].flatMap(([port, bindings]) =>
      bindings.filter(isVirtual).map((binding) => ({ port, binding })),
    ),
  );
  const answer = await ask(apiUrl, token, `/api/virtual-macs?limit=${MOST}`);
  if (answer === undefined) return ['the virtual MACs were not told'];
  const { virtualMacs: rows } = answer as { readonly virtualMacs: readonly Row[] };
  const twice = rows.filter(({ mac }, index) => rows.findIndex((other) => other.mac === mac) !== index);
  return [
    ...twice.map(({ mac }) => `the virtual MAC ${mac} was given twice`),
    ...bound.flatMap(({ port, binding }) =>
      rows.some(({ mac, ip, state }) => state !== 'revoked' && binding.startsWith(`${ip} ${mac} `))
        ? []
        : [`port ${port} has ${binding}, and ${ipOf(binding)} has no such virtual MAC`],
    ),
  ];
}

/** Undefined when the API is down, or answers anything but a success. */
async function ask(apiUrl: string | undefined, token: string, path: string, body?: object): Promise<unknown> {
  try {
    const response = await fetch(`${apiUrl ?? 'http://127.0.0.1:9'}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
