import type { Statement } from '../../../src/domain/change/statement';
import type { Binding } from '../../../src/domain/desired/binding';
import { parseIp, type IpAddress } from '../../../src/domain/values/ip';
import { parsePortName, type PortName } from '../../../src/domain/values/port';

/** One rule of a gate lets traffic through in one direction; an address needs both. */
export type Rule =
  | { readonly direction: 'in'; readonly to: IpAddress }
  | { readonly direction: 'out'; readonly from: IpAddress; readonly mac: string };

/** The rules that let a binding through. A gate knows no VLANs. */
export function rulesOf({ ip, mac }: Pick<Binding, 'ip' | 'mac'>): readonly Rule[] {
  return [
    { direction: 'in', to: ip },
    { direction: 'out', from: ip, mac },
  ];
}

/** A rule as a statement. */
export function statementOf(rule: Rule): Statement {
  if (rule.direction === 'in') return { key: `in>${rule.to}`, text: `let in what is for ${rule.to}`, ip: rule.to };
  const { from, mac } = rule;
  return { key: `out>${from}>${mac}`, text: `let out what ${mac} sends as ${from}`, ip: from, mac };
}

/** The rule that a statement stands for. */
export function ruleOf({ key }: Statement): Rule {
  const [direction, ip = '', mac = ''] = key.split('>');
  if (direction === 'in') return { direction, to: parseIp(ip) };
  if (direction === 'out') return { direction, from: parseIp(ip), mac };
  throw new RangeError(`${key} is no rule of a gate`);
}

/** Gates are named by UUIDs, whose letters may be of either case. */
export function gateName(port: PortName): PortName {
  return parsePortName(port.toLowerCase());
}

/** One gate of a site. */
export interface Gate {
  /** What an operator calls it; never touched. */
  readonly label: string;
  rules: readonly Rule[];
  /** Grows with every change: whoever writes says which one was read. */
  revision: number;
}

/** A site of gates in memory, with what may go wrong with it. It has no lock, no log, and takes one gate at a time. */
export class GateSite {
  readonly gates = new Map<PortName, Gate>();
  readonly apiKey = 'gate-api-key-4711';
  /** Addresses whose rules it refuses. */
  refused: readonly string[] = [];
  /** Writes that were taken. */
  writes = 0;
  /** Thrown at every call while set. */
  fault: Error | undefined;

  seed(port: string, label: string, rules: readonly Rule[] = []): PortName {
    const name = gateName(parsePortName(port));
    this.gates.set(name, { label, rules, revision: 1 });
    return name;
  }

  read(): ReadonlyMap<PortName, Gate> {
    if (this.fault !== undefined) throw this.fault;
    return new Map([...this.gates].map(([name, gate]) => [name, { ...gate }]));
  }

  /** @returns why it was refused; undefined when it was taken. */
  write(port: PortName, rules: readonly Rule[], revision: number): string | undefined {
    if (this.fault !== undefined) throw this.fault;
    const gate = this.gates.get(port);
    if (gate === undefined) return `there is no gate ${port}`;
    if (gate.revision !== revision) return `gate ${port} was changed by somebody else meanwhile`;
    const refused = rules
      .map((rule) => (rule.direction === 'in' ? rule.to : rule.from))
      .find((ip) => this.refused.includes(ip));
    if (refused !== undefined) return `${refused} is not allowed here`;
    gate.rules = rules;
    gate.revision += 1;
    this.writes += 1;
    return undefined;
  }
}
