import { faultMatrix } from './rounds';

// Servers that are plugged in do not need the providers, so that both fail at once.
faultMatrix(
  'the lists of subnets and providers',
  ({ scope, name }) => scope === 'everything' && name !== 'GET /servers',
);
