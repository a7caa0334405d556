import fc from 'fast-check';
import { PortwardenError } from '../../../src/domain/errors';
import { parseExplainSubject, parsePreviewSubject } from '../../../src/domain/explain/subject';

/** What a reading is refused with. */
function refusal(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

describe('what a preview is of', () => {
  it.each([
    [{ server: '12' }, { of: 'server', serverId: 12 }],
    [{ server: 12 }, { of: 'server', serverId: 12 }],
    [{ device: 'junos:3' }, { of: 'device', device: 'junos:3' }],
    [
      { device: 'junos:3', port: 'ge-0/0/1.0' },
      { of: 'port', device: 'junos:3', port: 'ge-0/0/1.0' },
    ],
    [{ node: 'pve1' }, { of: 'node', node: 'pve1' }],
    [
      { node: 'pve1', cluster: 'a' },
      { of: 'node', node: 'pve1', cluster: 'a' },
    ],
  ])('%j', (input, subject) => {
    expect(parsePreviewSubject(input)).toEqual(subject);
  });

  it.each([
    [{}, 'server or device or node'],
    [{ server: 1, device: 'junos:3' }, 'server and device'],
    [{ server: 0 }, 'server'],
    [{ device: 'junos' }, 'device'],
    [{ device: 3 }, 'device'],
    [{ device: 'junos:3', port: 'a b' }, 'port'],
    [{ node: '../x' }, 'node'],
    [{ srever: 1 }, 'srever'],
    [[], 'body'],
    [null, 'body'],
  ])('%j is refused and names %s', (input, field) => {
    expect(refusal(() => parsePreviewSubject(input))).toMatchObject({ code: 'invalid-request', details: { field } });
  });
});

describe('what is explained', () => {
  it.each([
    [{ ip: '10.0.48.5' }, { of: 'address', ip: '10.0.48.5' }],
    [{ ip: '2001:DB8::1' }, { of: 'address', ip: '2001:db8::1' }],
    [{ mac: '00-50-56-00-00-0A' }, { of: 'mac', mac: '00:50:56:00:00:0a' }],
    [{ server: '12' }, { of: 'server', serverId: 12 }],
    [
      { device: 'junos:3', port: 'ge-0/0/1.0' },
      { of: 'port', device: 'junos:3', port: 'ge-0/0/1.0' },
    ],
  ])('%j', (input, subject) => {
    expect(parseExplainSubject(input)).toEqual(subject);
  });

  it.each([
    [{ ip: '10.0.48' }, 'ip'],
    [{ mac: 'x' }, 'mac'],
    [{ device: 'junos:3' }, 'port'],
    [{ node: 'pve1' }, 'node'],
  ])('%j is refused and names %s', (input, field) => {
    expect(refusal(() => parseExplainSubject(input))).toMatchObject({ code: 'invalid-request', details: { field } });
  });

  it('whatever comes in, the answer is a subject or a named refusal', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        for (const parse of [parsePreviewSubject, parseExplainSubject]) {
          try {
            expect(parse(input).of).toMatch(/^(server|port|device|node|address|mac)$/);
          } catch (error) {
            expect(error).toBeInstanceOf(PortwardenError);
          }
        }
      }),
    );
  });
});
