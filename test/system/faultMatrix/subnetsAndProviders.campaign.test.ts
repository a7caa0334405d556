import { TOGETHER } from './cells';
import { faultMatrix } from './rounds';

faultMatrix('the lists of subnets and providers', [TOGETHER.subnetsAndProviders]);
