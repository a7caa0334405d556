import { cloudCases, type CaseStep, type CloudCase } from '../../../lab/demo/cases';
import { playCase, type Portwarden } from '../../../lab/demo/playCase';
import { startCloud, type RunningCloud } from '../../../lab/neutron/cloud';
import { demoScenario } from '../../../lab/scenarios/demo';

/** Cases are told from what the cloud has afterwards; here a person at the cloud's own API stands for portwarden. */
describe('a case of the demo', () => {
  let cloud: RunningCloud;
  let printed = '';
  beforeEach(async () => {
    if (demoScenario.cloud === undefined) throw new Error('the demo has no cloud');
    cloud = await startCloud(demoScenario.cloud);
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await cloud.close();
  });

  const caseOf = (index: number): CloudCase => {
    const one = cloudCases[index];
    if (one === undefined) throw new Error(`there is no case ${index}`);
    return one;
  };
  const write = async (name: string, { portSecurity, groups, pairs }: CaseStep['expected']): Promise<void> => {
    const { state, ports } = cloud.lab;
    const held = state.ports.get(cloud.portId(name));
    const operator = { user: 'operator', projectId: held?.project_id ?? '', roles: ['member'] };
    const ids = groups.map((group) => [...state.groups.values()].find((known) => known.name === group)?.id ?? group);
    const body = {
      port_security_enabled: portSecurity === 'on',
      security_groups: ids,
      allowed_address_pairs: pairs.map((ip_address) => ({ ip_address })),
    };
    await ports.update(operator, cloud.portId(name), body, undefined);
  };
  /** Does at the cloud what the steps say; a preview says what `opens` says. */
  const standIn = ({ steps }: CloudCase, opens = true): Portwarden => {
    const left = [...steps];
    return async (args) => {
      const [step] = left;
      if (step === undefined) throw new Error('there is no step left');
      if (args.includes('--preview')) return opens ? `note: ${step.opens?.join(', ') ?? ''}\n` : 'nothing\n';
      left.shift();
      await write(step.port, step.expected);
      return 'applied\n';
    };
  };

  it.each(cloudCases.map((one, index) => [one.title, index] as const))('%s: comes out as said', async (_, index) => {
    expect(await playCase(caseOf(index), cloud, standIn(caseOf(index)))).toEqual([]);
    expect(printed).toContain('✔ as said');
    for (const { port } of caseOf(index).steps)
      expect(printed).toContain(`--device neutron:lab --port ${cloud.portId(port)}`);
  });

  it('fails when its port is not as said, although the command says that it is', async () => {
    expect(await playCase(caseOf(1), cloud, () => Promise.resolve('applied\n'))).toEqual([
      expect.stringMatching(/^web-back has .*further addresses: none instead of .*further addresses: 10\.10\.10\.60$/),
    ]);
    expect(printed).toContain('✘');
  });

  it('fails when another port changed, too', async () => {
    const carry = standIn(caseOf(1));
    const careless: Portwarden = async (args) => {
      await write('web-front', { portSecurity: 'off', groups: [], pairs: [] });
      return carry(args);
    };
    expect(await playCase(caseOf(1), cloud, careless)).toEqual(['web-front changed, too']);
  });

  it('fails when the preview does not say what opens', async () => {
    expect(await playCase(caseOf(0), cloud, standIn(caseOf(0), false))).toEqual([
      'the preview does not say that 203.0.113.12 is concerned',
      'the preview does not say that web is concerned',
      'the preview does not say that ssh is concerned',
    ]);
  });

  it('fails when a command fails, with what it printed', async () => {
    const problems = await playCase(caseOf(1), cloud, () => Promise.reject(new Error('policy-unsupported')));
    expect(problems).toEqual(['policy-unsupported', expect.stringContaining('web-back has')]);
  });
});
