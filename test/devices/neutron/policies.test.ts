import { startFakePolicyCloud } from './fakePolicyCloud';
import { describeLimits } from './limitSuite';
import { describePolicies } from './policySuite';
import { describeThreeCases } from './threeCases';

describePolicies('a fake cloud', startFakePolicyCloud);
describeThreeCases('a fake cloud', startFakePolicyCloud);
describeLimits('a fake cloud', async () => {
  const cloud = await startFakePolicyCloud();
  const { refusals } = cloud.project.lab;
  return {
    ...cloud,
    writes: () => Promise.resolve(cloud.writes()),
    refusals: () => Promise.resolve(refusals.flatMap((line) => /^PUT .*\/ports\/(\S+ \d+)/.exec(line)?.[1] ?? [])),
  };
});
