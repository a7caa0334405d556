import type { Convergence, PortConvergence } from '../../devices/pass/convergence';
import { AT_TWO_PORTS } from '../../domain/change/keptElsewhere';
import { leftByPass } from '../../domain/desired/leftByPass';
import { addressesOf } from '../../domain/change/statement';
import type { CommitIntent } from '../../domain/change/commitIntent';
import {
  afterPass,
  beforeCommit,
  NO_SETTINGS,
  sameSettings,
  type LeftByPass,
  type RememberedSettings,
} from '../../domain/desired/rememberedSettings';
import type { PortName } from '../../domain/values/port';
import type { DesiredPortBindings, PassInput } from '../../protocol/activities';
import { presentSettings } from '../desired/bindingSettings';
import type { ActivityDependencies } from '../dependencies';

/**
 * Remembers, before a commit is sent, under which settings the addresses were made that it adds: a worker that dies after the
 * commit could not say so any more, and the next one would take them for made under the older settings. Of an address
 * that does not get there after all nothing is there that another configuration could take away; one that was to be
 * replaced was justified to be.
 */
export async function announceSettings(
  { store, ...deps }: Pick<ActivityDependencies, 'store' | 'vlans' | 'hypervisors'>,
  input: PassInput,
  intent: Pick<CommitIntent, 'ports'>,
): Promise<void> {
  const present = presentSettings(deps);
  const ports = intent.ports.filter(({ port, added }) => {
    const asked = input.ports.find((one) => one.port === port);
    return asked?.settings?.digest === present.digest && addressesOf(added).length > 0;
  });
  const records = await store.bindingSettings.of(
    input.device,
    ports.map(({ port }) => port),
  );
  const news = new Map<PortName, RememberedSettings>();
  for (const { port, added } of ports) {
    const before = records.get(port)?.remembered ?? NO_SETTINGS;
    const after = beforeCommit(before, present.digest, addressesOf(added));
    if (!sameSettings(before, after)) news.set(port, after);
  }
  await store.bindingSettings.remember(input.device, news, present);
}

/**
 * Remembers under which settings the addresses of ports were brought to their bindings. A pass of a worker with another
 * configuration than that by which the bindings were computed remembers nothing, and so does one that failed on the port, or that found it held.
 */
export async function rememberSettings(
  { store, ...deps }: Pick<ActivityDependencies, 'store' | 'vlans' | 'hypervisors'>,
  input: PassInput,
  convergence: Convergence,
): Promise<void> {
  const present = presentSettings(deps);
  const passed = convergence.ports.flatMap((result) => {
    const asked = input.ports.find(({ port }) => port === result.port);
    const isRuled = result.hold === undefined || result.hold.state === 'ends';
    const isOurs = asked?.settings?.digest === present.digest && result.status !== 'failed' && isRuled;
    return asked !== undefined && isOurs ? [{ asked, result }] : [];
  });
  const records = await store.bindingSettings.of(
    input.device,
    passed.map(({ asked }) => asked.port),
  );
  const news = new Map<PortName, RememberedSettings>();
  for (const { asked, result } of passed) {
    const before = records.get(asked.port)?.remembered ?? NO_SETTINGS;
    const after = afterPass(before, present.digest, leftBy(asked, result));
    if (!sameSettings(before, after)) news.set(asked.port, after);
  }
  await store.bindingSettings.remember(input.device, news, present);
}

function leftBy(
  { settings }: DesiredPortBindings,
  { bindings, statements, excluded, parked }: PortConvergence,
): LeftByPass {
  return leftByPass({
    wanted: bindings.map(({ ip }) => ip),
    statements,
    excluded: excluded.filter(({ rule }) => !AT_TWO_PORTS.includes(rule)),
    parked,
    isWhole: settings?.isWhole === true,
  });
}
