import { cloudScenario } from './cloud';
import type { Scenario } from './scenario';
import { seedScenario } from './seed';

const { panel, cloud } = cloudScenario;

/** The world of `npm run demo`: the small hosting provider, whose panel has servers in an OpenStack cloud, too. */
export const demoScenario: Scenario = {
  ...seedScenario,
  name: 'demo',
  panel: {
    ...seedScenario.panel,
    servers: [...seedScenario.panel.servers, ...panel.servers],
    subnets: [...seedScenario.panel.subnets, ...panel.subnets],
  },
  ...(cloud === undefined ? {} : { cloud }),
};
