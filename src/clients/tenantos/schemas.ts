import { z } from 'zod';

import { lenient, optionalPanelInteger, optionalPanelText, panelBoolean, panelInteger, phpList } from './coercions';

/**
 * The parts of the panel's answers that portwarden reads (Tenantos API documentation 1.0.0). Everything is
 * coerced here, once; what is not named here is dropped, so that passwords of other systems never get further.
 */

const ipAssignment = z.object({
  ip: z.string(),
  primary_ip: panelBoolean,
  ipAttributes: z.object({ isSubnet: panelBoolean }).nullish(),
  subnetinformation: z
    .object({ subnet: lenient(optionalPanelText), cidr: lenient(optionalPanelInteger), gw: lenient(optionalPanelText) })
    .nullish()
    .catch(undefined),
});

/** `GET /servers/{id}/ipassignments`. */
export const ipAssignmentList = phpList(ipAssignment);

/** `GET /servers/{id}`, and one entry of `GET /servers`. */
export const serverAnswer = z.object({
  id: panelInteger,
  servername: optionalPanelText,
  hostname: optionalPanelText,
  servertype: optionalPanelText,
  typeOfServer: optionalPanelText,
  ipassignments: ipAssignmentList.optional(),
});

/** What an entry of `GET /servers` must have: all else of it is read by itself, so that one unreadable server does not hide the others. */
export const listedServerAnswer = z.object({ id: panelInteger });

/** `GET /servers/{id}/connections`. The `meta` is read only for the types that matter. */
export const connectionList = phpList(
  z.object({
    id: optionalPanelInteger,
    related_data: z.object({ type: optionalPanelText, meta: z.unknown().optional() }).nullish(),
  }),
);

const portAnswer = z.object({
  id: panelInteger,
  name: optionalPanelText,
  assignments: phpList(z.object({ type: optionalPanelText, relId: optionalPanelInteger })).nullish(),
});

/** `GET /networkDevices/{id}`. Holds the management password in clear. */
export const networkDeviceAnswer = z.object({
  id: panelInteger,
  name: optionalPanelText,
  host: optionalPanelText,
  managementVendor: optionalPanelText,
  managementPort: optionalPanelInteger,
  managementUser: optionalPanelText,
  managementPassword: optionalPanelText,
  ports: phpList(portAnswer).nullish(),
});

const interfaceAnswer = z.object({
  portName: optionalPanelText,
  name: optionalPanelText,
  vlans: phpList(
    z.object({ id: optionalPanelInteger, isAccessVlan: panelBoolean, isNativeVlan: panelBoolean }),
  ).nullish(),
});

/** `GET /networkDevices/{id}/extendedDetails`; `interfaces` is there in newer releases only. */
export const extendedDetailsAnswer = z.object({
  extendedDetails: z.object({ interfaces: phpList(interfaceAnswer).nullish() }).nullish(),
});

/** `GET /subnets`: field by field, so that an odd one makes nothing else unreadable. */
export const subnetList = phpList(
  lenient(
    z.object({
      id: lenient(optionalPanelInteger),
      subnet: lenient(optionalPanelText),
      cidr: lenient(optionalPanelInteger),
      gw: lenient(optionalPanelText),
      static_access_vlan_id: lenient(optionalPanelInteger),
      rootSubnetId: lenient(optionalPanelInteger),
    }),
  ),
);

/** `GET /externalProviders`. */
export const externalProviderList = phpList(
  z.object({
    id: panelInteger,
    provider: optionalPanelText,
    apiUrl: optionalPanelText,
    usage: z
      .object({ serverIds: phpList(panelInteger).nullish() })
      .nullish()
      .catch(undefined),
  }),
);

export type IpAssignmentAnswer = z.output<typeof ipAssignment>;
export type ServerAnswer = z.output<typeof serverAnswer>;
export type ConnectionAnswer = z.output<typeof connectionList>[number];
export type NetworkDeviceAnswer = z.output<typeof networkDeviceAnswer>;
export type ExtendedDetailsAnswer = z.output<typeof extendedDetailsAnswer>;
export type SubnetListAnswer = z.output<typeof subnetList>;
export type ExternalProviderAnswer = z.output<typeof externalProviderList>[number];
