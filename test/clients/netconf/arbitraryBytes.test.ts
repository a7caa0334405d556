import fc from 'fast-check';
import { classifyErrors, notableWarnings, type Operation } from '../../../src/clients/netconf/classify';
import { FrameDecoder } from '../../../src/clients/netconf/framing';
import { parseHello } from '../../../src/clients/netconf/hello';
import { parseReply } from '../../../src/clients/netconf/reply';
import { codeOf } from './failures';
import { fuzzRuns } from './fuzzRuns';

const OPERATIONS: readonly Operation[] = ['lock', 'read', 'load', 'diff', 'check', 'commit', 'discard', 'unlock'];

const fragment = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '<rpc-reply message-id="101">',
      '</rpc-reply>',
      '<rpc-error>',
      '</rpc-error>',
      '<error-severity>warning</error-severity>',
      '<error-message>',
      '</error-message>',
      'configuration database locked by: ',
      'admin terminal (pid 1) on since ',
      'permission denied',
      '<routing-engine>',
      '<ok/>',
      '<nc:ok/>',
      '<load-error-count>2</load-error-count>',
      '<hello>',
      '</hello>',
      '<capability>urn:ietf:params:netconf:base:1.0</capability>',
      '<xnm:error><message>',
      '</message></xnm:error>',
      '<configuration>',
      '</configuration>',
      ']]>]]>',
      ']]>',
      '<!--',
      '-->',
      '<![CDATA[',
      '&amp;',
      '&',
      '\uFEFF',
      '\u0000',
    )
    .map((text) => Buffer.from(text)),
);

function tolerate(work: () => void): void {
  expect([undefined, 'device-protocol', 'device-unreachable']).toContain(codeOf(work));
}

test('whatever bytes a device sends, however cut, are understood or refused', () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 14 }), fc.integer({ min: 1, max: 40 }), (fragments, step) => {
      const bytes = Buffer.concat([...fragments, Buffer.from(']]>]]>')]);
      const decoder = new FrameDecoder();
      let messages = 0;
      for (let at = 0; at < bytes.length; at += step) {
        decoder.push(bytes.subarray(at, at + step));
        for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
          const text = message.toString('utf8');
          messages += 1;
          tolerate(() => void parseHello(text));
          tolerate(() => {
            const reply = parseReply(text);
            for (const operation of OPERATIONS) {
              const verdict = classifyErrors(operation, reply);
              if (reply.errors.length === 0 && operation !== 'diff') expect(verdict).toBeUndefined();
              expect(notableWarnings(operation, reply).length).toBeLessThanOrEqual(reply.warnings.length);
            }
          });
        }
      }
      expect(messages).toBeGreaterThan(0);
    }),
    { numRuns: fuzzRuns(1_500) },
  );
});
