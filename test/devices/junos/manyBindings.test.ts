import { parseXml } from '../../../src/clients/netconf/xml';
import type { Dialect } from '../../../src/devices/junos/dialects/dialect';
import { dhcpSecurity } from '../../../src/devices/junos/dialects/dhcpSecurity';
import { secureAccessPort } from '../../../src/devices/junos/dialects/secureAccessPort';
import { statementOf } from '../../../src/devices/junos/staticBinding';
import { parseSwitchState } from '../../../src/devices/junos/switchState';
import type { PortPlan } from '../../../src/domain/change/plan';
import type { Statement } from '../../../src/domain/change/statement';
import { parseIp } from '../../../src/domain/values/ip';
import { parsePortName } from '../../../src/domain/values/port';

const COUNT = 500;
/** How often the making of edits may look at a statement, on average. */
const LOOKS = 20;

const VLANS = '<configuration><vlans><vlan><name>v10</name><vlan-id>10</vlan-id></vlan></vlans></configuration>';

test.each([dhcpSecurity, secureAccessPort])(
  'edits of $name for very many bindings on one port look at each of them a few times, not once for every other one',
  (dialect: Dialect) => {
    let looks = 0;
    const counted = (statement: Statement): Statement => ({
      ...statement,
      get key() {
        looks += 1;
        return statement.key;
      },
    });
    const plan: PortPlan = {
      port: parsePortName('ge-0/0/1.0'),
      add: Array.from({ length: COUNT }, (_, n) =>
        counted(
          statementOf({
            ip: parseIp(`10.0.${n >> 8}.${n & 255}`),
            mac: `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
            vlanName: 'v10',
          }),
        ),
      ),
      ...{ remove: [], because: new Map(), actualCount: 0, keptIps: [] },
    };
    const state = parseSwitchState(parseXml(VLANS).root, dialect, { unit: 0 }).bindings;
    const { edits, failure } = dialect.edits(plan, state, 'portwarden');
    expect(failure).toBeUndefined();
    expect(edits).toHaveLength(COUNT);
    expect(looks).toBeLessThan(COUNT * LOOKS);
  },
);
