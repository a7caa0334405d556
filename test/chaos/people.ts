import { LAB_SECRETS } from '../../lab/world';
import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import { Adoption } from './adoption';
import { Handwork } from './handwork';
import type { Happenings } from './happenings';
import type { Installation } from './installation';
import type { Random } from './random';
import { Steering } from './steering';
import type { SwitchWatch } from './switchWatch';
import type { TruthHistory } from './truth';
import { VirtualMacs } from './virtualMacs';

/** What people act on. */
export interface Surroundings {
  readonly installation: Installation;
  readonly random: Random;
  readonly happenings: Happenings;
  readonly watches: readonly SwitchWatch[];
  readonly history: TruthHistory;
  readonly say: (line: string) => void;
}

/** Everybody who does something at the site, and how often: customers and staff, people at the switches, and operators. */
export class People {
  readonly steering: Steering;
  private readonly handwork: Handwork;
  private readonly adoption: Adoption;
  private readonly virtualMacs: VirtualMacs;

  constructor(private readonly surroundings: Surroundings) {
    const { installation, random, happenings, watches, history, say } = surroundings;
    const apiUrl = (): string | undefined => installation.apiUrl;
    const token = LAB_SECRETS.bearerToken;
    const lookAt = (port: string): void => {
      const here = this.behind(port);
      if (here.length > 0) happenings.lookAgain(random.pick(here).id);
    };
    const tellRemoved = (port: string, ip: string): boolean => {
      const [first] = this.behind(port);
      if (first !== undefined) happenings.nameRemoved(first.id, ip);
      return first !== undefined;
    };
    this.handwork = new Handwork(random, watches, history, lookAt);
    this.adoption = new Adoption(random, watches, history, apiUrl, token, tellRemoved, say);
    this.virtualMacs = new VirtualMacs(random, history, () => happenings.automated(), apiUrl, token);
    this.steering = new Steering(installation, watches, history, say);
  }

  /** Somebody does one thing. @returns what, for the run's log. */
  act(): Promise<string> | string {
    const { random, happenings } = this.surroundings;
    const { restores, applyAlls } = this.steering;
    return random.weighted<() => Promise<string> | string>([
      [15, () => this.handwork.act()],
      [8, () => this.adoption.act()],
      [4, () => this.virtualMacs.act()],
      [8, () => restores.act(random)],
      [8, () => applyAlls.act(random)],
      [73, () => happenings.next()],
    ])();
  }

  /** Resolves once nobody waits for the end of a decision any more. */
  settled(): Promise<void> {
    return this.adoption.settled();
  }

  private behind(port: string): readonly PanelServerWorld[] {
    const { happenings, history } = this.surroundings;
    return happenings.automated().filter((server) => history.portsOf(server).includes(port));
  }
}
