import { TOGETHER } from './cells';
import { faultMatrix } from './rounds';

faultMatrix('containers, and guests on their way', [TOGETHER.containersAndMoves]);
