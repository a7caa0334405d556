import { inspectConfiguredCluster } from '../../src/app/inspectCluster';
import type { Configuration } from '../../src/config';
import { Secret } from '../../src/primitives/secret';
import { AUDITOR } from '../../lab/proxmox/access';
import type { ProxmoxLab } from '../../lab/proxmox/lab';
import { closeAll, failureOf, identity, startLab, TOKEN } from '../sources/proxmox/support';

afterEach(closeAll);

/** As far as the inspection reads it. */
const configured = (lab: ProxmoxLab): Configuration => {
  const cluster = {
    name: 'pve',
    hosts: lab.urls,
    token: new Secret(TOKEN, 'the token'),
    ca: identity.caPem,
    fingerprints: [],
    timeoutMs: 5_000,
    concurrency: 4,
  };
  return { proxmox: { clusters: [cluster], watch: { intervalMs: 10_000 } } } as unknown as Configuration;
};

it('says what the token may do and what a look sees', async () => {
  const lab = await startLab();
  lab.cluster.beginMigration(100, 'pve2');
  const { text, healthy } = await inspectConfiguredCluster(configured(lab), 'pve');
  expect(text.split('\n')).toEqual([
    'pve',
    '  has Sys.Audit on /, propagated',
    '  has VM.Audit on /vms, propagated',
    '  has Sys.Audit on /nodes, propagated',
    '  has SDN.Audit on /sdn, propagated',
    '  5 guests on 2 nodes, 1 on their way to another',
    '  is watched every 10 s',
    '',
  ]);
  expect(healthy).toBe(true);
});

it.each([
  ['/nodes', 'Sys.Audit', 'logs of migrations', true],
  ['/vms', 'VM.Audit', 'guests are missing from lists', false],
  ['/', 'Sys.Audit', 'quorum is not shown', false],
])('says what is lost when on %s there is no %s', async (path, privilege, lost, isHealthy) => {
  const less = AUDITOR.filter((name) => name !== privilege);
  const lab = await startLab({
    tokens: [
      {
        token: TOKEN,
        acl: [
          { path: '/', privileges: path === '/' ? less : AUDITOR, propagate: true },
          ...(path === '/' ? [] : [{ path, privileges: less, propagate: true }]),
        ],
      },
    ],
  });
  const { text, healthy } = await inspectConfiguredCluster(configured(lab), 'pve');
  expect(text).toContain(`LACKS ${privilege} on ${path}`);
  expect(text).toContain(lost);
  expect(healthy).toBe(isHealthy);
});

it('refuses a cluster that is not configured', async () => {
  const lab = await startLab();
  await failureOf(inspectConfiguredCluster(configured(lab), 'other'), 'proxmox-not-configured');
});
