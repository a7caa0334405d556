import { faultMatrix } from './rounds';

faultMatrix('the list of all servers', ({ name }) => name === 'GET /servers');
