import { faultMatrix } from './rounds';

faultMatrix('calls about one server, switch or cluster', ({ scope }) => scope !== 'everything');
