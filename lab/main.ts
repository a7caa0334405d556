import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runJunosLab } from './junos/main';
import { runProxmoxLab } from './proxmox/main';
import { seedScenario } from './scenarios/seed';
import { writeSite } from './siteConfiguration';
import { runTenantosLab } from './tenantos/main';
import { LAB_SECRETS, startLabWorld } from './world';

const USAGE = `lab: faithful stand-ins for everything around portwarden, on 127.0.0.1

  npm run lab                        the whole world of the demo, without the product
      --webhook-url URL              where the panel reports changes to (POST /api/port-security/event of the product)
      --site DIRECTORY               write a portwarden.yaml there that points at this world
      --commit-ms N                  how long a commit takes on the switches, in milliseconds
  npm run lab -- junos [options]     one simulated switch       (npm run lab -- junos --help)
  npm run lab -- tenantos [options]  the fake panel
  npm run lab -- proxmox [options]   the fake Proxmox cluster
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
  return startEverything(args);
}

async function startEverything(args: string[]): Promise<RunningLab> {
  const { values } = parseArgs({
    args,
    options: {
      'webhook-url': { type: 'string' },
      site: { type: 'string' },
      'commit-ms': { type: 'string', default: '2000' },
      help: { type: 'boolean', default: false },
    },
  });
  const commitMs = Number(values['commit-ms']);
  if (values.help || !Number.isInteger(commitMs) || commitMs < 0) throw new RangeError(USAGE);
  const world = await startLabWorld(seedScenario, { commitMs });
  const url = values['webhook-url'];
  if (url !== undefined) world.panel.setWebhook({ url, token: LAB_SECRETS.bearerToken });
  const lines = [
    `TENANTOS_URL=${world.panel.url}`,
    `TENANTOS_API_KEY=${LAB_SECRETS.apiKey}`,
    `TENANTOS_ADMIN_URL=${world.panel.adminUrl}`,
    ...[...world.clusters.values()].flatMap((cluster) => [`PROXMOX_URL=${cluster.urls.join(',')}`, `PROXMOX_ADMIN_URL=${cluster.adminUrl}`]),
    `PROXMOX_LAB_TOKEN=${LAB_SECRETS.proxmoxToken}`,
    `PORT_SECURITY_EVENT_API_BEARER_TOKEN=${LAB_SECRETS.bearerToken}`,
    ...seedScenario.switches.flatMap(({ id, username, password }) => {
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
  if (values.site !== undefined) {
    const directory = resolve(values.site);
    mkdirSync(directory, { recursive: true });
    lines.push(`PORTWARDEN_CONFIG=${writeSite(world, directory, { api: { host: '127.0.0.1', port: 8080 } }).configurationFile}`);
  }
  return { lines, close: () => world.close() };
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
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
