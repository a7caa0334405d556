import { execFile } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fleetScenario, fleetServerId } from '../../lab/scenarios/fleet';
import { builtFile } from '../../lab/productProcess';
import { SystemUnderTest } from './site';

const size = { switches: 1, serversPerSwitch: 4 };

/** A product with a world and a data directory of its own, which may be a copy of another one's. */
export class Installation {
  private constructor(
    readonly system: SystemUnderTest,
    readonly data: string,
  ) {}

  /** @param backup the data directory that it begins with; without one its first start makes it */
  static async create(backup?: string): Promise<Installation> {
    const system = await SystemUnderTest.create(fleetScenario(size));
    const data = join(system.site.directory, 'data');
    if (backup !== undefined) {
      rmSync(data, { recursive: true });
      cpSync(backup, data, { recursive: true });
    }
    return new Installation(system, data);
  }

  start(environment: Record<string, string> = {}): Promise<void> {
    return this.system.start({ environment });
  }

  stop(): Promise<void> {
    return this.system.stop();
  }

  /** Starts what must not start. @returns what it said, and its exit code */
  async refusal(environment: Record<string, string> = {}): Promise<{ code: string | undefined; text: string }> {
    const text = await this.start(environment).then(
      () => Promise.reject(new Error('it started')),
      (error: unknown) => (error as Error).message,
    );
    return { code: /ended \((\w+)\)/.exec(text)?.[1], text };
  }

  cli(...args: string[]): Promise<{ status: number; stderr: string }> {
    const options = {
      cwd: this.system.site.directory,
      env: { ...process.env, ...this.system.site.environment },
    };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [builtFile('cli/main.js'), ...args], options, (error, _stdout, stderr) => {
        const status = error === null ? 0 : error.code;
        if (typeof status === 'number') resolve({ status, stderr });
        else reject(error ?? new Error('the command did not end'));
      });
    });
  }

  log(): string {
    return readFileSync(join(this.system.site.directory, 'all.log'), 'utf8');
  }

  async works(server: number): Promise<string | undefined> {
    const body = { action: 'ip_assigned', serverId: fleetServerId(size, 0, server) };
    return (await this.system.event(body)).outcome?.status;
  }
}
