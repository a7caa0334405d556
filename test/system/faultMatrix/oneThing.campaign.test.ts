import { TOGETHER } from './cells';
import { faultMatrix } from './rounds';

faultMatrix('calls about one server, switch or cluster', [TOGETHER.oneThing]);
