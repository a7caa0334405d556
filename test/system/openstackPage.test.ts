import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPortwarden } from '../../lab/productCli';
import type { Scenario } from '../../lab/scenarios/scenario';
import { projectRoot } from '../projectRoot';
import { describeRealCloud } from '../servers/neutron';
import { openstackClientUnavailable, startOpenstackClient, type OpenstackClient } from '../servers/openstackClient';
import { startRealProject, type RealProject } from '../servers/realProject';
import { bindFloatingIp, type Beside } from '../servers/realSurroundings';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest } from './site';

/*
 * docs/openstack.md as somebody walks through it: its commands one after the other, `portwarden` against the running product,
 * `openstack` as the client of PyPI, both on a real Neutron. What the page shows below them is in what they print.
 */

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(1_800_000);

/** The ports that the page names, with their groups. */
const PORTS = [
  { name: 'vm-a', machine: 'vm-a', address: '10.10.10.41', groups: [] },
  { name: 'vm-b', machine: 'vm-b', address: '10.10.10.42', groups: ['web', 'ssh'] },
  { name: 'web-front', machine: 'web', address: '10.10.10.43', groups: [] },
  { name: 'web-back', machine: 'web', address: '10.10.10.44', groups: [] },
  { name: 'db-front', machine: 'db', address: '10.10.10.45', groups: [] },
  { name: 'db-database', machine: 'db', address: '10.10.10.46', groups: ['database'] },
] as const;
const FLOATING_IP = '203.0.113.12';

/** A shell block of the page, and what the page shows that it prints. */
interface Block {
  readonly commands: readonly (readonly string[])[];
  readonly status: number;
  readonly shown: readonly string[];
}

/** The blocks of a page: `sh`, an exit code above it when it is not 0, and `text` right below when something is shown. */
function blocksOf(markdown: string): readonly Block[] {
  const form = /(?:<!-- exit code: (\d+) -->\n)?```sh\n([^]*?)```(?:\n\n```text\n([^]*?)```)?/g;
  return [...markdown.matchAll(form)].map(([, status = '0', commands = '', shown = '']) => ({
    commands: linesOf(commands).map(wordsOf),
    status: Number(status),
    shown: linesOf(shown),
  }));
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');

/** As a shell splits it; only single quotes are used on the page. */
const wordsOf = (command: string): readonly string[] =>
  [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);

/** Whether a line of the page stands for a printed one. */
function isShownBy(line: string, printed: string): boolean {
  const escaped = line.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('…', '.*')}$`).test(printed.trim());
}

const page = readFileSync(join(projectRoot(), 'docs', 'openstack.md'), 'utf8');
const blocks = blocksOf(page);

test('every shell block of the page is one that is run, and none shows what it does not print', () => {
  expect(blocks).toHaveLength(page.split('```sh').length - 1);
  expect(blocks.filter(({ shown }) => shown.length > 0)).toHaveLength(page.split('```text').length - 1);
  expect(isShownBy('  note: … is bound', '  note: x is bound')).toBe(true);
  expect(isShownBy('note: x', 'note: xy')).toBe(false);
});

const scenario: Scenario = {
  name: 'page',
  panel: {
    servers: [
      { id: 401, servername: 'vm-a', kind: 'dedicated', ips: ['10.10.10.41'] },
      { id: 402, servername: 'vm-b', kind: 'dedicated', ips: ['10.10.10.42'] },
    ],
    networkDevices: [],
    subnets: [{ id: 401, subnet: '10.10.10.0', cidr: 24, gw: '10.10.10.1' }],
    externalProviders: [],
  },
  proxmox: [],
  switches: [],
};

describeRealCloud(
  'the commands of docs/openstack.md on a real Neutron',
  (title) => {
    describe(title, () => {
      let project: RealProject;
      let openstack: OpenstackClient;
      let system: SystemUnderTest;
      let floating: Beside<unknown>;
      const ids = new Map<string, string>();
      const groups = new Map<string, string>();

      beforeAll(async () => {
        project = await startRealProject();
        const { ask, options, network } = project;
        const made = async (kind: string, body: object): Promise<string> => {
          const path = `${kind.replaceAll('_', '-')}s`;
          const answer = (await ask('POST', path, { [kind]: body })) as Record<string, { readonly id: string }>;
          return answer[kind]?.id ?? '';
        };
        for (const name of ['web', 'ssh', 'database']) groups.set(name, await made('security_group', { name }));
        for (const { name, machine, address, groups: named } of PORTS) {
          const more = named.length === 0 ? {} : { security_groups: named.map((group) => groups.get(group)) };
          const port = { name, device_id: machine, device_owner: 'compute:nova', fixed_ips: [{ ip_address: address }] };
          ids.set(name, await made('port', { network_id: network, ...port, ...more }));
        }
        floating = await bindFloatingIp(project, ids.get('vm-b') ?? '', FLOATING_IP);
        openstack = await startOpenstackClient(options.authUrl, project.operator);
        const { login, authUrl } = options;
        if (login.method !== 'applicationCredential') throw new Error('tests log in by application credential');
        const applicationCredential = { ...login.credential, secretEnv: 'PAGE_CLOUD_SECRET' };
        system = await SystemUnderTest.create(scenario, {
          openstack: { projects: [{ name: 'lab', authUrl, applicationCredential, servers: { 401: ids.get('vm-a') } }] },
        });
        await system.start({ environment: { PAGE_CLOUD_SECRET: login.secret } });
      });
      afterAll(async () => {
        await system.close();
        await openstack.stop();
        await floating.stop();
        const { ask } = project;
        for (const id of ids.values()) await ask('DELETE', `ports/${id}`);
        for (const id of groups.values()) await ask('DELETE', `security-groups/${id}`);
        await project.stop();
      });

      const withIds = (word: string): string => word.replace(/^<(.+)>$/, (_, name: string) => ids.get(name) ?? name);
      const withNames = (text: string): string =>
        [...ids].reduce((all, [name, id]) => all.replaceAll(id, `<${name}>`), text);
      const run = async ([program, ...words]: readonly string[]): Promise<{ status: number; output: string }> => {
        const given = words.map(withIds);
        if (program === 'openstack') {
          const { status, error, output } = await openstack.run(...given);
          return { status: status === 0 ? 0 : 1, output: `${output}\n${error}` };
        }
        try {
          return { status: 0, output: await runPortwarden(system.site, [...given, '--api', system.running.apiUrl]) };
        } catch (error) {
          const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
          return { status: code ?? -1, output: `${stdout ?? ''}\n${stderr ?? String(error)}` };
        }
      };

      it.each(blocks.map((block) => [block.commands.map((words) => words.join(' ')).join('; '), block] as const))(
        '%s',
        async (_, { commands, status, shown }) => {
          const printed: string[] = [];
          for (const [index, words] of commands.entries()) {
            const done = await run(words);
            printed.push(...withNames(done.output).split('\n'));
            const isLast = index === commands.length - 1;
            expect({ words, printed, status: done.status }).toEqual({ words, printed, status: isLast ? status : 0 });
          }
          const missing = shown.filter((line) => !printed.some((one) => isShownBy(line, one)));
          expect({ missing, printed }).toEqual({ missing: [], printed });
        },
      );
    });
  },
  { unavailable: openstackClientUnavailable() ?? temporalUnavailable() },
);
