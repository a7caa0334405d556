import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import type { BareInput } from '../bare/names';
import { BARE_WORKFLOW } from '../bare/names';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, placesInTurn } from '../events';
import { atMost, ratioAtLeast, type Figure } from '../figure';
import { cpuFigures, cpuMsPerEvent, type CpuSeconds } from '../meter';
import { BenchSite, PRODUCT, TEMPORAL, BARE } from '../site';

const COMMIT_MS = 2_000;
const AT_ONCE = 16;
const SETTLED_MS = 600_000;

/** Events over many switches at once: what the product makes of its Temporal server. */
export const fleet: BenchCase = {
  name: 'fleet',
  title: 'Many events over many switches, beside bare workflows of the same shape on the same server',
  async measure({ isQuick, numbers }) {
    const events = isQuick ? 60 : (numbers['fleet-events'] ?? 500);
    const rounds = isQuick ? 1 : 3;
    const size: FleetSize = { switches: isQuick ? 10 : 50, serversPerSwitch: Math.ceil(events / (isQuick ? 10 : 50)) };
    const site = await BenchSite.start(fleetScenario(size), { commitMs: COMMIT_MS, checkMs: COMMIT_MS / 5 });
    try {
      // Once for nothing: switches are learnt, code is compiled.
      const warming = placesInTurn(size.switches, size);
      await both(site, await furtherAddresses(site, size, warming, 0));
      const own: Round[] = [];
      const bare: Round[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const inputs = await furtherAddresses(site, size, placesInTurn(events, size), round);
        const measured = await both(site, inputs);
        own.push(measured.own);
        bare.push(measured.bare);
      }
      return figuresOf(`${events} events over ${size.switches} switches`, events, own, bare);
    } finally {
      await site.close();
    }
  },
};

interface Round {
  readonly seconds: number;
  readonly commits: number;
  readonly cpu: CpuSeconds;
}

/** The events through the product, then as many bare workflows. */
async function both(
  site: BenchSite,
  inputs: readonly BareInput[],
): Promise<{ readonly own: Round; readonly bare: Round }> {
  const round = async (type: string, send: () => ReturnType<BenchSite['post']>): Promise<Round> => {
    const before = await site.switches.ask('commits');
    const meter = site.meter();
    const { elapsedMs } = await allEnded(site.client, type, await send(), SETTLED_MS);
    return {
      seconds: elapsedMs / 1000,
      cpu: meter.read(),
      commits: (await site.switches.ask('commits')) - before,
    };
  };
  return {
    own: await round('portSecurityEvent', () => site.post(inputs, { atOnce: AT_ONCE })),
    bare: await round(BARE_WORKFLOW, () => site.postBare(inputs, { atOnce: AT_ONCE })),
  };
}

function figuresOf(what: string, events: number, own: readonly Round[], bare: readonly Round[]): Figure[] {
  return [
    {
      what: `${what}: events a second`,
      unit: '1/s',
      values: own.map(({ seconds }) => events / seconds),
      against: { what: 'bare workflows', values: bare.map(({ seconds }) => events / seconds) },
      target: ratioAtLeast(0.6),
    },
    {
      what: `${what}: commits for each event`,
      unit: 'commits',
      values: own.map(({ commits }) => commits / events),
      target: atMost(0.25),
    },
    {
      what: `${what}: CPU of product and Temporal for each event`,
      unit: 'ms',
      values: own.map(({ cpu }) => cpuMsPerEvent(cpu, [PRODUCT, TEMPORAL], events)),
      against: {
        what: 'bare worker and Temporal',
        values: bare.map(({ cpu }) => cpuMsPerEvent(cpu, [BARE, TEMPORAL], events)),
      },
      target: atMost(60),
    },
    ...cpuFigures(
      what,
      own.map(({ cpu }) => cpu),
    ),
  ];
}
