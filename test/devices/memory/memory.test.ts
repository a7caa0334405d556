import { deviceId } from '../../../src/domain/values/device';
import { parseIp } from '../../../src/domain/values/ip';
import { parseMac } from '../../../src/domain/values/mac';
import { parsePortName } from '../../../src/domain/values/port';
import { describeCompliance } from '../compliance/compliance';
import { MAC_10, MAC_20, type ComplianceSubject } from '../compliance/subject';
import { GateSite, rulesOf, statementOf } from './gates';
import { MemoryDevice } from './memoryDevice';

const FIRST = '3f0c1f6e-0000-4000-8000-00000000000a';
const SECOND = '3f0c1f6e-0000-4000-8000-00000000000b';
const EMPTY = '3f0c1f6e-0000-4000-8000-00000000000e';

function rules(ip: string, mac: string): ReturnType<typeof rulesOf> {
  return rulesOf({ ip: parseIp(ip), mac: parseMac(mac) });
}

async function gates(): Promise<ComplianceSubject> {
  let site = new GateSite();
  return {
    device: () => new MemoryDevice(deviceId('memory', 'site-1'), site),
    can: {
      lock: false,
      vlans: false,
      ipv6: 'excluded',
      evidence: 'bindings',
      aliases: true,
      steps: ['read', 'backup', 'commit', 'read-back'],
    },
    ports: {
      first: parsePortName(FIRST),
      firstAlias: parsePortName(FIRST.toUpperCase()),
      second: parsePortName(SECOND),
      empty: parsePortName(EMPTY),
      emptyAlias: parsePortName(EMPTY.toUpperCase()),
    },
    lines: (port, ip, mac) => rules(ip, mac).map((rule) => `${port} ${statementOf(rule).key}`),
    statements: async () =>
      [...site.gates].flatMap(([port, gate]) => gate.rules.map((rule) => `${port} ${statementOf(rule).key}`)).sort(),
    rest: async () => [...site.gates].map(([port, { label }]) => `${port} ${label}`).join('\n'),
    reset: async () => {
      site = new GateSite();
      site.seed(FIRST, 'first', rules('192.0.2.10', MAC_10));
      site.seed(SECOND, 'second', rules('192.0.2.20', MAC_20));
      site.seed(EMPTY, 'empty');
    },
    refuse: (ips) => {
      site.refused = ips;
    },
    secret: site.apiKey,
    stop: async () => undefined,
  };
}

describeCompliance('a site of gates in memory', gates);
