import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runJunosLab } from './junos/main';
import type { RunningCloud } from './neutron/cloud';
import { runProxmoxLab } from './proxmox/main';
import { cloudScenario } from './scenarios/cloud';
import type { Scenario } from './scenarios/scenario';
import { seedScenario } from './scenarios/seed';
import { writeSite, type Site } from './siteConfiguration';
import { runTenantosLab } from './tenantos/main';
import { LAB_SECRETS, startLabWorld, type LabWorld } from './world';

const USAGE = `lab: faithful stand-ins for everything around portwarden, on 127.0.0.1

  npm run lab                        the whole world of the demo, without the product
      --site DIRECTORY               write there a portwarden.yaml that points at this world and a file \`env\` with its
                                     secrets; the panel then reports changes to the product that is started with them
      --api-port N                   port of that product's API (default 8080)
      --temporal-port N              port of its embedded Temporal server (default 7233)
      --ui-port N                    port of the Temporal UI (default 8233)
      --webhook-url URL              report changes there instead (POST /api/port-security/event)
      --commit-ms N                  how long a commit takes on the switches, in milliseconds (default 2000)
  npm run lab -- junos [options]     one simulated switch       (npm run lab -- junos --help)
  npm run lab -- tenantos [options]  the fake panel
  npm run lab -- proxmox [options]   the fake Proxmox cluster
  npm run lab -- neutron [options]   a fake OpenStack cloud and a panel with servers in it (options as above)
`;

interface RunningLab {
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Starts the part that the arguments name, or everything. */
async function start(args: string[]): Promise<RunningLab> {
  const [part, ...rest] = args;
  if (part === 'junos') return runJunosLab(rest);
  if (part === 'tenantos') return runTenantosLab(rest);
  if (part === 'proxmox') return runProxmoxLab(rest);
  if (part === 'neutron') return startEverything(rest, cloudScenario);
  return startEverything(args, seedScenario);
}

async function startEverything(args: string[], scenario: Scenario): Promise<RunningLab> {
  const { values } = parseArgs({
    args,
    options: {
      'webhook-url': { type: 'string' },
      site: { type: 'string' },
      'api-port': { type: 'string', default: '8080' },
      'temporal-port': { type: 'string', default: '7233' },
      'ui-port': { type: 'string', default: '8233' },
      'commit-ms': { type: 'string', default: '2000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new RangeError(USAGE);
  const commitMs = wholeNumber('commit-ms', values['commit-ms'], 3_600_000);
  const apiPort = wholeNumber('api-port', values['api-port'], 65_535);
  const temporal = {
    port: wholeNumber('temporal-port', values['temporal-port'], 65_535),
    uiPort: wholeNumber('ui-port', values['ui-port'], 65_535),
  };
  const world = await startLabWorld(scenario, { commitMs });
  const url =
    values['webhook-url'] ??
    (values.site === undefined ? undefined : `http://127.0.0.1:${apiPort}/api/port-security/event`);
  if (url !== undefined) world.panel.setWebhook({ url, token: LAB_SECRETS.bearerToken });
  const lines = [
    `TENANTOS_URL=${world.panel.url}`,
    `TENANTOS_API_KEY=${LAB_SECRETS.apiKey}`,
    `TENANTOS_ADMIN_URL=${world.panel.adminUrl}`,
    ...[...world.clusters.values()].flatMap((cluster) => [
      `PROXMOX_URL=${cluster.urls.join(',')}`,
      `PROXMOX_ADMIN_URL=${cluster.adminUrl}`,
    ]),
    `PROXMOX_LAB_TOKEN=${LAB_SECRETS.proxmoxToken}`,
    `PORT_SECURITY_EVENT_API_BEARER_TOKEN=${LAB_SECRETS.bearerToken}`,
    ...scenario.switches.flatMap(({ id, username, password }) => {
      const simulated = world.switches.get(id);
      return simulated === undefined
        ? []
        : [
            `JUNOS_${id}_HOST=${simulated.host}`,
            `JUNOS_${id}_PORT=${simulated.port}`,
            `JUNOS_${id}_USER=${username}`,
            `JUNOS_${id}_PASSWORD=${password}`,
            `JUNOS_${id}_HOSTKEY=${simulated.hostKeyFingerprint}`,
          ];
    }),
  ];
  const close = [(): Promise<void> => world.close()];
  if (world.cloud !== undefined) {
    const folder = values.site === undefined ? mkdtempSync(join(tmpdir(), 'portwarden-cloud-')) : resolve(values.site);
    if (values.site === undefined) close.push(() => rm(folder, { recursive: true, force: true }));
    lines.push(...cloudLines(world.cloud, folder));
  }
  if (values.site !== undefined) {
    const site = siteFor(world, resolve(values.site), { api: { host: '127.0.0.1', port: apiPort }, temporal });
    lines.push(`PORTWARDEN_CONFIG=${site.configurationFile}`);
    process.stderr.write(
      `start the product for it, in another terminal: set -a; . ${join(site.directory, 'env')}; set +a; npm start\n`,
    );
  }
  return {
    lines,
    close: async () => {
      for (const end of close) await end();
    },
  };
}

/** What reaches the cloud, and how it is looked at with OpenStack's own client. */
function cloudLines({ world, lab, cloudsYaml, portId }: RunningCloud, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'clouds.yaml');
  writeFileSync(file, cloudsYaml, { mode: 0o600 });
  const ports = world.ports.map(({ name, machine, address, server }) => {
    const of = server === undefined ? '' : `, server ${server.id} of the panel by ${server.by}`;
    return `  ${portId(name)}  ${name} of ${machine}, ${address}${of}`;
  });
  process.stderr.write(
    [
      "with OpenStack's own client (pip install python-openstackclient), in another terminal:",
      `  export OS_CLIENT_CONFIG_FILE=${file} OS_CLOUD=${world.name}`,
      '  openstack port list',
      ...world.ports
        .slice(0, 1)
        .map(({ name }) => `  openstack port show ${name} -c allowed_address_pairs -c security_group_ids`),
      'its ports:',
      ...ports,
      '',
    ].join('\n'),
  );
  return [`OS_AUTH_URL=${lab.authUrl}`, `OS_CLIENT_CONFIG_FILE=${file}`, `OS_CLOUD=${world.name}`];
}

/** A site for the world, with its secrets in a file that a shell can read: `set -a; . DIRECTORY/env; set +a`. */
function siteFor(world: LabWorld, directory: string, overrides: Parameters<typeof writeSite>[2]): Site {
  mkdirSync(directory, { recursive: true });
  const site = writeSite(world, directory, overrides);
  const environment = Object.entries(site.environment).map(
    ([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  writeFileSync(join(directory, 'env'), environment.join(''), { mode: 0o600 });
  return site;
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) throw new RangeError(`--${option} must be a whole number from 0 to ${most}`);
  return value;
}

start(process.argv.slice(2)).then(
  (lab) => {
    process.stdout.write(`${lab.lines.join('\n')}\n`);
    let closing: Promise<void> | undefined;
    const close = (): void => {
      closing ??= lab.close().then(() => process.exit(0));
    };
    process.once('SIGINT', close);
    process.once('SIGTERM', close);
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (process.argv.includes('--help')) {
      process.stdout.write(`${message}\n`);
      process.exit(0);
    }
    process.stderr.write(`${message}\n(npm run lab -- --help shows what there is)\n`);
    process.exit(1);
  },
);
