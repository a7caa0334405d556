import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { worldPart } from '../runner/world';
import { readKinds } from './kinds';
import { readScenario } from './file';
import { Names } from '../runner/names';

const kinds = readKinds();
const read = (text: string): ReturnType<typeof readScenario> => readScenario(text, 'x.yaml', kinds);
const problems = (text: string): readonly string[] => {
  try {
    read(text);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
};

describe("a scenario's file", () => {
  test('is read with its steps and demands, each with its line', () => {
    const file = read(
      [
        'scenario: one',
        'given: {}',
        'when:',
        '  - look: web1',
        '    as: first',
        'then:',
        '  within: 3',
        '  bindings:',
        '    a ge-0/0/1: []',
      ].join('\n'),
    );
    expect(file.scenes).toMatchObject([
      {
        when: [{ kind: 'look', input: 'web1', as: 'first', wait: true, where: 'x.yaml:4:5' }],
        then: [{ kind: 'bindings', where: 'x.yaml:8:3' }],
        withinSeconds: 3,
      },
    ]);
  });

  test('is as the example in README.md', () => {
    const page = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');
    const file = read(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    expect(file.scenes).toHaveLength(2);
    expect(worldPart(file.given, new Names(1)).switches).toHaveLength(2);
  });

  test('and every kind of step and demand is in README.md', () => {
    const page = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');
    for (const key of [...kinds.steps.keys(), ...kinds.checks.keys()]) expect(page).toContain(`\`${key}`);
  });

  test.each(['127.0.0.1', '0.0.0.0', '169.254.1.1', '224.0.0.5', '255.255.255.255', '::', '::1', 'fe80::1', 'ff02::1'])(
    'takes the special address %s',
    (special) => {
      const web1 = `web1: { ips: ['${special}'] }`;
      expect(problems(['scenario: one', 'given:', '  panel:', '    servers:', `      ${web1}`].join('\n'))).toEqual([]);
    },
  );

  test.each<[string, readonly string[], string]>([
    ['an unknown key', ['scenario: one', 'given:', '  switch: {}'], 'x.yaml:3:3: given.switch is not known here'],
    ['an unknown step', ['scenario: one', 'given: {}', 'when:', '  - jump: {}'], 'x.yaml:4:5: when.0.jump is no step'],
    [
      'two steps in one',
      ['scenario: one', 'given: {}', 'when:', '  - { look: a, mend: b }'],
      'x.yaml:4:5: when.0 must',
    ],
    [
      'a wrong field of a step',
      ['scenario: one', 'given: {}', 'when:', '  - migrate: { guest: a }'],
      'when.0.migrate.to',
    ],
    ['an unknown demand', ['scenario: one', 'given: {}', 'then:', '  nothing: {}'], 'x.yaml:4:3: then.nothing is no'],
    [
      'an address that other scenarios may have',
      ['scenario: one', 'given:', '  panel:', '    servers:', '      web1: { ips: [192.0.2.1] }'],
      'x.yaml:5:21: given.panel.servers.web1.ips.0 must be in 10.0.0.0/16',
    ],
    ['text that is no YAML', ['scenario: [one'], 'is not valid YAML'],
  ])('%s is refused with the line', (_name, lines, problem) => {
    expect(problems(lines.join('\n'))).toEqual([expect.stringContaining(problem)]);
  });
});

describe('names of a scenario', () => {
  const names = new Names(17);

  test('are the shared world’s on the way out, and the file’s on the way back', () => {
    const texts = [
      '10.0.48.5 vlan VLAN.13 mac 02:00:00:00:00:05',
      '2001:db8:0:48::5',
      'set vlans x interface ge-0/0/1.0 static-ip 10.0.48.5',
    ];
    for (const text of texts) expect(names.toLocal(names.toWorld(text))).toBe(text);
    expect(names.toWorld(texts[0])).toBe('10.17.48.5 vlan VLAN.13 mac 02:00:00:11:00:05');
    expect(
      names.toLocal({ serverId: names.id('server', 'web1'), device: names.device('a'), node: names.text('pve1') }),
    ).toEqual({ serverId: 'web1', device: 'a', node: 'pve1' });
  });

  test('are numbers where nothing else is said', () => {
    expect(names.toWorld({ switch: '${switch a}', path: '^/servers/${server web1}$' })).toEqual({
      switch: 2_017_001,
      path: '^/servers/1017001$',
    });
  });

  test('leave what is not theirs', () => {
    for (const text of ['110.0.48.5', '10.1.48.5', '10.0.48', 'junos:1', '00:00:5e:00:01'])
      expect(names.toLocal(names.toWorld(text))).toBe(text);
  });
});
