import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seedScenario } from '../scenarios/seed';
import { startProxmoxLab, type ProxmoxLab } from './lab';

/** The lab's part as a process of its own: what it prints, and how it ends. */
export interface RunningProxmoxLab {
  /** `KEY=VALUE` lines: PROXMOX_URL, PROXMOX_TOKEN, PROXMOX_CA_FILE, PROXMOX_FINGERPRINT, PROXMOX_ADMIN_URL. */
  readonly lines: readonly string[];
  readonly lab: ProxmoxLab;
  close(): Promise<void>;
}

/** The token of the lab when none is given. It is no secret: it opens nothing but the lab. */
const LAB_TOKEN = 'portwarden@pve!lab=5b7a1c1e-0000-4000-8000-1ab1ab1ab1ab';

/**
 * Starts the seed's Proxmox cluster. Arguments: `--port N`, `--admin-port N`, `--hosts N` (API hosts), `--token T`,
 * `--http` (no TLS), `--auth-delay MS`.
 */
export async function runProxmoxLab(args: readonly string[]): Promise<RunningProxmoxLab> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '0' },
      'admin-port': { type: 'string', default: '0' },
      hosts: { type: 'string', default: '1' },
      token: { type: 'string', default: LAB_TOKEN },
      http: { type: 'boolean', default: false },
      'auth-delay': { type: 'string', default: '3000' },
    },
  });
  const [world] = seedScenario.proxmox;
  if (world === undefined) throw new RangeError('the seed has no Proxmox cluster');
  const lab = await startProxmoxLab({
    world,
    tokens: [values.token],
    port: wholeNumber('--port', values.port, 65_535),
    adminPort: wholeNumber('--admin-port', values['admin-port'], 65_535),
    apiHosts: wholeNumber('--hosts', values.hosts, world.nodes.length),
    tls: !values.http,
    authFailureDelayMs: wholeNumber('--auth-delay', values['auth-delay'], 60_000),
  });
  const lines = [`PROXMOX_URL=${lab.urls.join(',')}`, `PROXMOX_TOKEN=${values.token}`];
  let folder: string | undefined;
  if (lab.identity !== undefined) {
    folder = await mkdtemp(join(tmpdir(), 'portwarden-proxmox-'));
    const caFile = join(folder, 'pve-root-ca.pem');
    await writeFile(caFile, lab.identity.caPem);
    lines.push(`PROXMOX_CA_FILE=${caFile}`, `PROXMOX_FINGERPRINT=${lab.identity.fingerprint}`);
  }
  lines.push(`PROXMOX_ADMIN_URL=${lab.adminUrl}`);
  const close = async (): Promise<void> => {
    await lab.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  return { lines, lab, close };
}

function wholeNumber(option: string, text: string, max: number): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > max)
    throw new RangeError(`${option} must be a whole number up to ${max}`);
  return Number(text);
}
