import type { LookupAddress } from 'node:dns';
import fc from 'fast-check';
import { guardedLookup, type ResolveAll } from '../../../src/clients/webhooks/guardedLookup';
import { addressKind } from '../../../src/domain/notifications/address';
import { ipFromNumber, ipVersion, parseIp } from '../../../src/domain/values/ip';

type Answer = readonly [NodeJS.ErrnoException | null, string | LookupAddress[], number | undefined];

const answering =
  (...addresses: readonly string[]): ResolveAll =>
  (_host, _options, answer) => {
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };

function ask(resolve: ResolveAll, allowPrivate: boolean, all: boolean, isSecure = true): Promise<Answer> {
  const lookup = guardedLookup(isSecure, { allowPrivate, allowHttp: !isSecure }, resolve);
  return new Promise((done) => {
    lookup('hooks.example.com', { all }, (error, address, family) => {
      done([error, address, family]);
    });
  });
}

const address = fc
  .tuple(fc.constantFrom(4, 6), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }))
  .map(([version, number]) => ipFromNumber(version === 4 ? number & 0xffff_ffffn : number, version === 4 ? 4 : 6));
const special = fc.constantFrom(
  ...['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '127.0.0.1', '10.0.0.1', '::1'].map(
    parseIp,
  ),
);

test('a socket gets what was judged, and nothing that must not be reached; one such address spoils a name', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(address, special), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      async (addresses, allowPrivate, all) => {
        const [error, got] = await ask(answering(...addresses), allowPrivate, all);
        const kinds = addresses.map(addressKind);
        const isRefused = kinds.some((kind) => kind === 'forbidden' || (kind !== 'public' && !allowPrivate));
        expect(error === null).toBe(!isRefused);
        if (isRefused) expect(got).toEqual(all ? [] : '');
        else if (all) expect(got).toEqual(addresses.map((one) => ({ address: one, family: ipVersion(one) })));
        else expect(got).toBe(addresses[0]);
      },
    ),
  );
});

test('an address with a zone, no address, and a name that is not found are refused', async () => {
  expect((await ask(answering('fe80::1%eth0'), true, true))[0]).toMatchObject({ code: 'notification-target-refused' });
  expect((await ask(answering(), true, false))[0]).toBeInstanceOf(Error);
  const notFound: ResolveAll = (_host, _options, answer) => {
    answer(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
  };
  expect((await ask(notFound, true, true))[0]).toMatchObject({ code: 'ENOTFOUND' });
});

test('plain http leads to no public address', async () => {
  expect((await ask(answering('93.184.215.14'), true, true, false))[0]).toMatchObject({ message: /https/ });
  expect((await ask(answering('10.0.0.1'), true, true, false))[0]).toBeNull();
});
