import { describeRealCloud } from '../../servers/neutron';
import { describeLimits } from './limitSuite';
import { describePolicies } from './policySuite';
import { startRealPolicyCloud, type RealPolicyCloud } from './realPolicyCloud';
import { describeThreeCases } from './threeCases';

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(900_000);

describeRealCloud('a real Neutron', (title) => {
  // Starting it is what takes the time, so all of them have the same one.
  let cloud: Promise<RealPolicyCloud> | undefined;
  const start = async (): Promise<RealPolicyCloud> => ({
    ...(await (cloud ??= startRealPolicyCloud())),
    stop: () => Promise.resolve(),
  });
  afterAll(async () => (await cloud)?.stop());
  describePolicies(title, start);
  describeThreeCases(title, start);
  describeLimits(title, start);
});
