import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { JunosSwitch, RpcEvent } from '../../lab/junos';
import { seedScenario } from '../../lab/scenarios/seed';
import { LAB_SECRETS } from '../../lab/world';
import type { ExplainResult, PreviewResult } from '../../src/protocol/preview';
import { temporalCliForTests, temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const CLI = resolve(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const run = promisify(execFile);
/** NETCONF operations that read: a look may use no other. */
const READING =
  /^(get-config|get-configuration|get-commit-information|get-system-uptime-information|get-software-information|close-session|get-chassis-inventory|command|get)$/;

suite('preview and explain', () => {
  let system: SystemUnderTest;

  const theSwitch = (id: number): JunosSwitch => {
    const found = system.world.switches.get(id);
    if (found === undefined) throw new Error(`the lab has no switch ${id}`);
    return found;
  };
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${system.running.apiUrl}/api${path}`, {
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
    });
    if (response.status !== 200)
      throw new Error(`${path} is answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const cli = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, ...system.site.environment, TEMPORAL_ADDRESS: system.running.temporalAddress };
    return (
      await run(process.execPath, [CLI, ...args, '--api', system.running.apiUrl], {
        cwd: system.site.directory,
        env,
        timeout: 60_000,
      })
    ).stdout;
  };
  /** What a look makes the switches do, beside what they hold before and after. */
  const watched = async <T>(look: () => Promise<T>): Promise<{ readonly answer: T; readonly operations: string[] }> => {
    const operations: string[] = [];
    const onRpc = ({ operation }: RpcEvent): void => void operations.push(operation);
    const switches = [theSwitch(1), theSwitch(2)];
    const before = switches.map((one) => [one.committedSet(), one.candidateSet(), one.commits().length]);
    for (const one of switches) one.events.on('rpc', onRpc);
    const answer = await look();
    for (const one of switches) one.events.off('rpc', onRpc);
    expect(switches.map((one) => [one.committedSet(), one.candidateSet(), one.commits().length])).toEqual(before);
    expect(switches.map((one) => [one.isLocked(), one.isCandidateDirty()])).toEqual([
      [false, false],
      [false, false],
    ]);
    return { answer, operations };
  };

  beforeAll(async () => {
    system = await SystemUnderTest.create(seedScenario);
    await system.start();
  }, 180_000);
  afterAll(() => system.close(), 60_000);

  test('a preview shows the change in the switch’s own form, and touches nothing: no lock, no candidate, no commit', async () => {
    const { answer, operations } = await watched(() => ask<PreviewResult>('/preview?server=101'));
    expect(answer.devices).toMatchObject([
      {
        device: 'junos:1',
        ports: [
          {
            port: 'ge-0/0/1.0',
            status: 'change',
            added: [{ ip: '10.0.48.5' }, { ip: '10.0.48.6' }],
            removed: [],
          },
        ],
      },
    ]);
    const [device] = answer.devices;
    expect(device?.commands.join('\n')).toContain(
      'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
    );
    expect(device?.expectedSeconds).toBeGreaterThan(0);
    expect(operations.length).toBeGreaterThan(0);
    expect(operations.filter((operation) => !READING.test(operation))).toEqual([]);
  });

  test('what it shows is what the event then does; after it, nothing is left to do', async () => {
    const before = await ask<PreviewResult>('/preview?device=junos:1&port=ge-0/0/1.0');
    const event = await system.event({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.5' });
    expect(event.outcome?.status).toBe('applied');
    const shown = before.devices[0]?.ports[0]?.added.map(({ ip }) => ip);
    expect(shown).toEqual(
      (event.outcome?.ports[0] as { added?: { ip: string }[] } | undefined)?.added?.map(({ ip }) => ip),
    );
    const after = await ask<PreviewResult>('/preview?server=101');
    expect(after.summary).toBe('1 port(s) of 1 device(s): 1 unchanged');
    expect(after.devices[0]?.commands).toEqual([]);
  });

  test('an explanation names panel, MAC, VLAN, commit and event', async () => {
    const { answer, operations } = await watched(() => ask<ExplainResult>('/explain?ip=10.0.48.5'));
    expect(answer.addresses).toMatchObject([
      {
        ip: '10.0.48.5',
        state: 'bound',
        because: 'The panel assigns 10.0.48.5 to dedicated-101 (server 101), from aa:bb:cc:dd:ee:ff in VLAN 13',
        servers: [{ serverId: 101 }],
        since: { workflowId: 'device:junos:1', commit: expect.stringContaining('portwarden device:junos:1') as string },
      },
    ]);
    const [one] = answer.addresses;
    expect(one?.since?.events).toEqual([expect.stringMatching(/^event-ip_assigned-101-/)]);
    expect(one?.sources.join('\n')).toMatch(
      /panel: dedicated-101 .* has 10\.0\.48\.5[\s\S]*says VLAN 13[\s\S]*pxe_mac aa:bb/,
    );
    expect(operations.filter((operation) => !READING.test(operation))).toEqual([]);
  });

  test('the CLI shows both, the full replace too', async () => {
    system.world.panel.setWebhook(undefined);
    await system.world.panel.assign({ serverId: 101, ip: '10.0.48.7' });
    const preview = await cli('preview', '101');
    expect(preview).toMatch(
      /junos:1 .*about \d+ s, by its last \d+ commit[\s\S]*ge-0\/0\/1\.0 +change +1 would be added and 0 removed/,
    );
    expect(preview).toContain('      + 10.0.48.7');
    const replace = await cli('preview', 'junos:1', 'ge-0/0/1.0', '--replace');
    expect(replace).toMatch(
      /delete ethernet-switching-options.*ge-0\/0\/1\.0[\s\S]*set .*10\.0\.48\.5 [\s\S]*set .*10\.0\.48\.7 /,
    );
    const node = await cli('preview', '--node', 'pve1');
    expect(node).toMatch(/junos:2[\s\S]*ae0\.0 +change/);
    const explained = await cli('explain', 'aa:bb:cc:dd:ee:ff');
    expect(explained).toMatch(/10\.0\.48\.5 on junos:1 ge-0\/0\/1\.0: bound\n {2}because {2}The panel assigns/);
    expect(await cli('explain', '103')).toContain('requirement switch-automation');
  });

  test('both are workflows that an operator can run by hand', async () => {
    const { stdout } = await run(
      temporalCliForTests(),
      [
        ...['workflow', 'execute', '--address', system.running.temporalAddress, '--task-queue', 'portwarden'],
        ...['--type', 'explain', '--workflow-id', 'explain-by-hand', '--input', '{"ip":"10.0.48.6"}', '-o', 'json'],
      ],
      { timeout: 60_000 },
    );
    expect(stdout).toContain('10.0.48.6');
    expect(stdout).toContain('"bound"');
  });

  test('a wrong question is refused with the field’s name', async () => {
    await expect(cli('preview', 'junos:1', 'not a port')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error invalid-request: port must be') as string,
    });
  });
});
