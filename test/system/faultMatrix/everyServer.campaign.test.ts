import { TOGETHER } from './cells';
import { faultMatrix } from './rounds';

faultMatrix('the list of all servers', [TOGETHER.everyServer]);
