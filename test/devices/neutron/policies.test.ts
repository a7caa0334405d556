import { startFakePolicyCloud } from './fakePolicyCloud';
import { describePolicies } from './policySuite';
import { describeThreeCases } from './threeCases';

describePolicies('a fake cloud', startFakePolicyCloud);
describeThreeCases('a fake cloud', startFakePolicyCloud);
