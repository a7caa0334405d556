import type { AnswerStyle } from './answers';
import { resolve } from './routes';
import type { PanelState } from './world';

type Body = Readonly<Record<string, unknown>>;

/** The first half of a list; of a single thing, the thing with half of each list in it. */
export function halved(result: unknown): unknown {
  if (Array.isArray(result)) return result.slice(0, Math.floor(result.length / 2));
  if (typeof result !== 'object' || result === null) return result;
  return Object.fromEntries(
    Object.entries(result).map(([name, value]) => [name, Array.isArray(value) ? halved(value) : (value as unknown)]),
  );
}

/** What the panel says of the next thing of the same kind; the entries of a list get each other's ids. */
export function ofAnotherId(path: string, result: unknown, state: PanelState, style: AnswerStyle): unknown {
  const match = /^\/(servers|networkDevices|subnets)\/(\d+)(.*)$/.exec(path);
  if (match !== null) {
    const [, kind = '', id, rest = ''] = match;
    const ids =
      kind === 'servers'
        ? [...state.servers.keys()]
        : kind === 'networkDevices'
          ? [...state.devices.keys()]
          : state.subnets.map((subnet) => subnet.id);
    const next = ids[(ids.indexOf(Number(id)) + 1) % ids.length];
    const other = resolve(`/${kind}/${String(next)}${rest}`, state, style);
    return 'result' in other ? other.result : result;
  }
  if (!Array.isArray(result)) return result;
  const entries = result as Body[];
  return entries.map((entry, index) => ({ ...entry, id: entries[(index + 1) % entries.length]?.['id'] }));
}
