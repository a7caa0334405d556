import type { Convergence } from '../../devices/pass/convergence';
import { portRequest } from '../../domain/servers/portRequest';
import type { PassInput } from '../../protocol/activities';
import { askPorts } from '../membership/askPorts';
import type { ActivityDependencies } from '../dependencies';

/**
 * Asks for the ports that have an address which a pass has just bound or removed: those where it was left, so that panel
 * and events are asked at once what is to become of it there, and those that stand as having it at two ports. Ports are
 * asked for what changed and not for what is there: two that have an address never keep each other busy.
 */
export async function askOtherPorts(
  deps: Pick<ActivityDependencies, 'store' | 'enlister'>,
  input: PassInput,
  { ports }: Convergence,
): Promise<void> {
  const applied = ports.filter(({ status }) => status === 'applied');
  for (const { port, plan, excluded } of applied) {
    const { boundElsewhere = [] } = input.ports.find((asked) => asked.port === port) ?? {};
    const news = boundElsewhere.filter(
      ({ ip }) =>
        plan.add.some((added) => added.ip === ip) &&
        excluded.some((said) => said.ip === ip && said.rule === 'bound-elsewhere'),
    );
    await askPorts(deps, news);
  }
  const gone = applied.flatMap(({ plan: { add, remove } }) =>
    remove.flatMap(({ ip }) => (ip === undefined || add.some((added) => added.ip === ip) ? [] : [ip])),
  );
  for (const { device, port, serverId } of await deps.store.standing.about('conflicting', [...new Set(gone)])) {
    if (device === undefined || port === undefined) continue;
    await deps.enlister.enlist(device, portRequest(port, { serverIds: serverId === undefined ? [] : [serverId] }));
  }
}
