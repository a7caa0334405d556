import { z } from 'zod';
import { deviceSections } from '../devices/registry';
import type { Section } from '../primitives/configuration/section';
import { proxmoxSection } from '../sources/proxmox/configuration';
import { panelSection } from '../sources/tenantos/configuration';
import { temporalSection } from '../temporal/configuration';
import { alarmsSection } from './sections/alarms';
import { apiSection } from './sections/api';
import { backupsSection } from './sections/backups';
import { changeWindowsSection } from './sections/changeWindows';
import { guardsSection } from './sections/guards';
import { journalSection } from './sections/journal';
import { loggingSection } from './sections/logging';
import { metricsSection } from './sections/metrics';
import { notificationsSection } from './sections/notifications';
import { policiesSection } from './sections/policies';
import { reconcileSection } from './sections/reconcile';
import { retriesSection } from './sections/retries';
import { securityGroupsSection } from './sections/securityGroups';
import { sitesSection } from './sections/sites';
import { storeSection } from './sections/store';
import { vlansSection } from './sections/vlans';

/** Every section by its name in the file, in the order of the documentation. Sources and device kinds bring their own. */
export const SECTIONS = {
  api: apiSection,
  panel: panelSection,
  proxmox: proxmoxSection,
  vlans: vlansSection,
  ...deviceSections(),
  policies: policiesSection,
  securityGroups: securityGroupsSection,
  sites: sitesSection,
  changeWindows: changeWindowsSection,
  guards: guardsSection,
  reconcile: reconcileSection,
  retries: retriesSection,
  temporal: temporalSection,
  store: storeSection,
  backups: backupsSection,
  journal: journalSection,
  alarms: alarmsSection,
  notifications: notificationsSection,
  logging: loggingSection,
  metrics: metricsSection,
};

/** What the sections become. */
export type Settings = {
  readonly [Name in keyof typeof SECTIONS]: (typeof SECTIONS)[Name] extends Section<infer Own> ? Own : never;
};

/** The sections, each with its name. */
export const NAMED_SECTIONS: readonly (readonly [string, Section<unknown>])[] = Object.entries(SECTIONS);

/** The shape of portwarden.yaml. Every option carries its documentation; unknown options are refused. */
export const configurationSchema = z.strictObject(
  Object.fromEntries(NAMED_SECTIONS.map(([name, { schema }]) => [name, schema])),
);
