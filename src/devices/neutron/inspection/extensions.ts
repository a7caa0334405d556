import type { NeutronClient } from '../../../clients/openstack/neutron';

/** An extension of the API that something depends on. */
interface NeededExtension {
  readonly alias: string;
  /** What is lost without it. */
  readonly without: string;
  /** Nothing can be managed without it. */
  readonly isNeeded: boolean;
}

/** See {@link lookAtExtensions}. */
export interface Extensions {
  readonly lines: readonly string[];
  /** The needed ones are all there. */
  readonly healthy: boolean;
  readonly has: (alias: string) => boolean;
}

const NOTHING = 'nothing can be enforced';

const EXTENSIONS: readonly NeededExtension[] = [
  { alias: 'port-security', without: NOTHING, isNeeded: true },
  { alias: 'allowed-address-pairs', without: NOTHING, isNeeded: true },
  { alias: 'security-group', without: NOTHING, isNeeded: true },
  {
    alias: 'revision-if-match',
    without: 'a writer of the same moment is found by reading alone, and rights cannot be asked for without a change',
    isNeeded: false,
  },
  { alias: 'standard-attr-tag', without: 'no port can be given to a server by a tag', isNeeded: false },
];

/** Present in newer clouds: what they refuse that older ones take. */
const MULTICAST = 'aap-reject-multicast';

/** Asks for each extension. @param usesTags whether the configuration relies on tags. */
export async function lookAtExtensions(
  client: NeutronClient,
  usesTags: boolean,
  signal: AbortSignal,
): Promise<Extensions> {
  const there = new Set<string>();
  for (const alias of [...EXTENSIONS.map((one) => one.alias), MULTICAST])
    if (await client.hasExtension(alias, signal)) there.add(alias);
  const isNeeded = (one: NeededExtension): boolean => one.isNeeded || (usesTags && one.alias === 'standard-attr-tag');
  return {
    lines: [
      ...EXTENSIONS.map((one) => {
        const { alias, without } = one;
        return `extension  ${alias}: ${there.has(alias) ? 'there' : `${isNeeded(one) ? 'MISSING' : 'missing'}: ${without}`}`;
      }),
      ...(there.has(MULTICAST) ? [`extension  ${MULTICAST}: there: pairs with multicast addresses are refused`] : []),
    ],
    healthy: EXTENSIONS.every((one) => there.has(one.alias) || !isNeeded(one)),
    has: (alias) => there.has(alias),
  };
}
