import { startFakePolicyCloud } from './fakePolicyCloud';
import { describePolicies } from './policySuite';

describePolicies('a fake cloud', startFakePolicyCloud);
