import {
  assignmentBodies,
  connectionBodies,
  deviceBody,
  extendedDetailsBody,
  providerBodies,
  serverBody,
  subnetBody,
  type AnswerStyle,
} from './answers';
import type { PanelState } from './world';

type Body = Readonly<Record<string, unknown>>;

/** What a path of the panel's API answers: a `result`, or that there is no such thing. */
export type Resolution = { readonly result: unknown } | { readonly missing: 'entity' | 'route' };

interface Route {
  readonly pattern: RegExp;
  readonly answer: (state: PanelState, id: number, style: AnswerStyle) => unknown;
}

const ROUTES: readonly Route[] = [
  { pattern: /^\/servers$/, answer: (state) => [...state.servers.values()].map((server) => serverBody(server, state)) },
  { pattern: /^\/servers\/(\d+)$/, answer: (state, id) => ofServer(state, id, (server) => serverBody(server, state)) },
  {
    pattern: /^\/servers\/(\d+)\/connections$/,
    answer: (state, id, style) => ofServer(state, id, (server) => connectionBodies(server, style)),
  },
  {
    pattern: /^\/servers\/(\d+)\/ipassignments$/,
    answer: (state, id) => ofServer(state, id, (server) => assignmentBodies(server, state, true)),
  },
  {
    pattern: /^\/networkDevices$/,
    answer: (state) => [...state.devices.values()].map((device) => withoutPorts(deviceBody(device, state))),
  },
  {
    pattern: /^\/networkDevices\/(\d+)$/,
    answer: (state, id) => {
      const device = state.devices.get(id);
      return device === undefined ? undefined : deviceBody(device, state);
    },
  },
  {
    pattern: /^\/networkDevices\/(\d+)\/extendedDetails$/,
    answer: (state, id) => {
      const device = state.devices.get(id);
      return device === undefined ? undefined : extendedDetailsBody(device, state);
    },
  },
  { pattern: /^\/subnets$/, answer: (state) => state.subnets.map((subnet) => subnetBody(subnet, state)) },
  {
    pattern: /^\/subnets\/(\d+)\/withDetails$/,
    answer: (state, id) => {
      const subnet = state.subnets.find((one) => one.id === id);
      if (subnet === undefined) return undefined;
      const childSubnets = state.subnets.filter((one) => one.rootSubnetId === id).map((one) => subnetBody(one, state));
      return {
        ...subnetBody(subnet, state),
        trunk_vlans: null,
        ips: [],
        childSubnets,
        rdnsFeatures: { canManageUnassignedIPs: 1, canManageAssignedIPs: 1 },
      };
    },
  },
  { pattern: /^\/externalProviders$/, answer: (state) => providerBodies(state) },
];

/** Answers a path below `/api` from the state as it is now. */
export function resolve(path: string, state: PanelState, style: AnswerStyle): Resolution {
  for (const route of ROUTES) {
    const match = route.pattern.exec(path);
    if (match === null) continue;
    const result = route.answer(state, Number(match[1] ?? 0), style);
    return result === undefined ? { missing: 'entity' } : { result };
  }
  return { missing: 'route' };
}

function ofServer<T>(
  state: PanelState,
  id: number,
  map: (server: Parameters<typeof serverBody>[0]) => T,
): T | undefined {
  const server = state.servers.get(id);
  return server === undefined ? undefined : map(server);
}

function withoutPorts(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'ports'));
}
