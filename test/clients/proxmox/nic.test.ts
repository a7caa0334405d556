import fc from 'fast-check';
import { indexedEntries, parseIpConfig, parseNic, type GuestType } from '../../../src/clients/proxmox/nic';
import { anyText } from '../../support/anyText';

const MODELS = [
  'e1000',
  'e1000-82540em',
  'e1000-82544gc',
  'e1000-82545em',
  'e1000e',
  'i82551',
  'i82557b',
  'i82559er',
  'ne2k_isa',
  'ne2k_pci',
  'pcnet',
  'rtl8139',
  'virtio',
  'vmxnet3',
];

describe('netN of virtual machines', () => {
  it('reads a model used as key as model and MAC', () => {
    expect(parseNic('qemu', 'virtio=BC:24:11:2E:C5:4A,bridge=vmbr0,firewall=1,tag=13,queues=4,rate=12.5')).toEqual({
      mac: 'bc:24:11:2e:c5:4a',
      bridge: 'vmbr0',
      tag: 13,
      trunks: [],
      firewall: true,
      linkDown: false,
      ips: [],
    });
  });

  it('reads model and macaddr keys and ranges in trunks', () => {
    const nic = parseNic('qemu', 'model=virtio,macaddr=bc:24:11:00:00:01,bridge=vmbr0,trunks=10;20-30');
    expect(nic).toMatchObject({
      mac: 'bc:24:11:00:00:01',
      trunks: [
        { from: 10, to: 10 },
        { from: 20, to: 30 },
      ],
    });
  });

  it('knows no MAC when only the model is given', () => {
    expect(parseNic('qemu', 'virtio,bridge=vmbr0').mac).toBeUndefined();
  });

  it('knows no bridge for user-mode NAT', () => {
    expect(parseNic('qemu', 'e1000=BC:24:11:79:D5:65').bridge).toBeUndefined();
  });

  it('takes no address from a virtual machine', () => {
    expect(parseNic('qemu', 'virtio=BC:24:11:79:D5:65,bridge=vmbr0,ip=10.0.0.1/24').ips).toEqual([]);
  });
});

describe('netN of containers', () => {
  it('reads hwaddr and the static addresses', () => {
    const text =
      'name=eth0,bridge=vmbr0,firewall=1,hwaddr=26:2B:CC:E5:7F:F9,ip=1.2.3.2/24,gw=1.2.3.1,ip6=FC00::89:c:1/96,type=veth';
    expect(parseNic('lxc', text)).toMatchObject({ mac: '26:2b:cc:e5:7f:f9', ips: ['1.2.3.2', 'fc00::89:c:1'] });
  });

  it('takes no address from dhcp, auto and manual', () => {
    expect(parseNic('lxc', 'bridge=vmbr0,name=eth0,hwaddr=46:6B:2E:6F:B1:13,ip6=auto,ip=dhcp').ips).toEqual([]);
    expect(parseNic('lxc', 'bridge=vmbr0,name=eth0,hwaddr=46:6B:2E:6F:B1:13,ip=manual').ips).toEqual([]);
  });

  it('does not take a model key for a MAC', () => {
    expect(parseNic('lxc', 'name=eth0,bridge=vmbr0,virtio=BC:24:11:2E:C5:4A').mac).toBeUndefined();
  });
});

describe('what breaks the grammar', () => {
  it.each<[GuestType, string, RegExp]>([
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,bridge=', /bridge must not be empty/],
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,tag=0', /tag/],
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,tag=4095', /tag/],
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,tag=13,tag=14', /tag must not be repeated/],
    ['qemu', 'virtio=01:24:11:2E:C5:4A', /unicast/],
    ['qemu', 'virtio=BC-24-11-2E-C5-4A', /MAC/],
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,macaddr=BC:24:11:2E:C5:4B', /repeated/],
    ['qemu', 'virtio,e1000', /repeated/],
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,trunks=30-20', /trunks/],
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,trunks=10;', /trunks/],
    ['qemu', 'virtio=BC:24:11:2E:C5:4A,firewall=maybe', /boolean/],
    ['lxc', 'veth,bridge=vmbr0', /key=value/],
    ['lxc', 'name=eth0,hwaddr=BC:24:11:2E:C5:4A,ip=10.0.0.256/24', /ip/],
  ])('%s %s', (type, text, rule) => {
    const act = (): unknown => parseNic(type, text);
    expect(act).toThrow(RangeError);
    expect(act).toThrow(rule);
  });
});

const octet = fc.integer({ min: 0, max: 255 });
const mac = fc
  .tuple(octet, octet, octet, octet, octet, octet)
  .map((octets) => octets.map((value, i) => (i === 0 ? value & 0xfe : value)))
  .filter((octets) => octets.some((value) => value !== 0))
  .map((octets) => octets.map((value) => value.toString(16).padStart(2, '0')).join(':'));
const vlan = fc.integer({ min: 1, max: 4094 });
const range = fc.tuple(vlan, vlan).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const bridge = fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/);
const upper = fc.boolean();

describe('properties', () => {
  it('reads back what is written, in any order and case, among unknown keys and blanks', () => {
    const written = fc.record({
      model: fc.constantFrom(...MODELS),
      alias: fc.boolean(),
      mac,
      bridge,
      tag: fc.option(vlan, { nil: undefined }),
      trunks: fc.array(range, { maxLength: 4 }),
      firewall: fc.constantFrom('1', 'on', 'YES', 'true', '0', 'off', 'No', 'FALSE'),
      upper,
      blanks: fc.boolean(),
      seed: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    });
    fc.assert(
      fc.property(written, (nic) => {
        const address = nic.upper ? nic.mac.toUpperCase() : nic.mac;
        const trunks = nic.trunks.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(';');
        const parts = [
          ...(nic.alias ? [`${nic.model}=${address}`] : [`model=${nic.model}`, `macaddr=${address}`]),
          `bridge=${nic.bridge}`,
          ...(nic.tag === undefined ? [] : [`tag=${nic.tag}`]),
          ...(trunks === '' ? [] : [`trunks=${trunks}`]),
          `firewall=${nic.firewall}`,
          'host-managed=1',
        ];
        const ordered = parts.map((part, i) => ({ part, at: nic.seed[i] ?? 0 })).sort((a, b) => a.at - b.at);
        const text = ordered.map(({ part }) => part).join(nic.blanks ? ', ,' : ',');
        const parsed = parseNic('qemu', text);
        expect(parsed.mac).toBe(nic.mac);
        expect(parsed.bridge).toBe(nic.bridge);
        expect(parsed.tag).toBe(nic.tag);
        expect(parsed.trunks).toEqual(nic.trunks);
        expect(parsed.firewall).toBe(/^(1|on|yes|true)$/i.test(nic.firewall));
      }),
    );
  });

  it('throws nothing but RangeError on any text', () => {
    const fragment = fc.constantFrom(
      'virtio',
      'net',
      '=',
      ',',
      ';',
      '-',
      'tag',
      'trunks',
      'bridge',
      'hwaddr',
      'ip',
      'BC:24:11:2E:C5:4A',
      '1',
      '4095',
      ' ',
    );
    const noise = fc.oneof(
      anyText(),
      fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(noise, fc.constantFrom<GuestType>('qemu', 'lxc'), (text, type) => {
        try {
          const nic = parseNic(type, text);
          expect(nic.mac ?? 'bc:24:11:2e:c5:4a').toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('ipconfigN', () => {
  it('names static addresses only', () => {
    expect(parseIpConfig('ip=10.0.48.7/24,gw=10.0.48.1,ip6=2001:DB8::7/64,gw6=2001:db8::1')).toEqual([
      '10.0.48.7',
      '2001:db8::7',
    ]);
    expect(parseIpConfig('ip=dhcp,ip6=auto')).toEqual([]);
    expect(() => parseIpConfig('ip=nonsense')).toThrow(RangeError);
  });
});

describe('indexed keys', () => {
  it('finds every netN and nothing that only looks like one', () => {
    const config = { net0: 'a', net31: 'b', net: 'c', netx: 'd', net007: 'e', network1: 'f', net5: 7, ipconfig0: 'g' };
    expect([...indexedEntries('net', config)]).toEqual([
      [0, 'a'],
      [31, 'b'],
      [5, 7],
    ]);
    expect([...indexedEntries('ipconfig', config)]).toEqual([[0, 'g']]);
  });
});
