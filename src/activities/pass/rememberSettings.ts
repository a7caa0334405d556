import type { Convergence, PortConvergence } from '../../devices/pass/convergence';
import { AT_TWO_PORTS } from '../../domain/change/keptElsewhere';
import { leftByPass } from '../../domain/desired/leftByPass';
import {
  afterPass,
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
 * Remembers under which settings the addresses of ports were brought to their bindings. A pass of a worker with another
 * configuration than that by which the bindings were computed remembers nothing, and so does one that failed on the port.
 */
export async function rememberSettings(
  { store, ...deps }: Pick<ActivityDependencies, 'store' | 'vlans' | 'hypervisors'>,
  input: PassInput,
  convergence: Convergence,
): Promise<void> {
  const present = presentSettings(deps);
  const passed = convergence.ports.flatMap((result) => {
    const asked = input.ports.find(({ port }) => port === result.port);
    const isOurs = asked?.settings?.digest === present.digest && result.status !== 'failed';
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
