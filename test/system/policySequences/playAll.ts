import { Random } from '../../chaos/random';
import type { KilledProduct } from './killedProduct';
import { PortPlayer, type PlayedPort, type Stage } from './playedPort';
import { sequenceOf } from './sequence';

/** How much is played, and how roughly. */
export interface Play {
  readonly seed: number;
  readonly sequences: number;
  /** Kills of the product, spread over all of it. */
  readonly kills: number;
  /** Writes to the cloud so far; absent where nobody can tell at once. */
  readonly writes?: () => number;
}

/**
 * Plays sequences on all ports side by side, each port one after the other, while the product is killed at random instants and
 * started again.
 * @returns figures, in words.
 */
export async function playAll(
  stage: Stage & { readonly product: KilledProduct },
  ports: readonly PlayedPort[],
  { seed, sequences, kills, writes }: Play,
): Promise<string> {
  const random = new Random(seed);
  const names = Array.from({ length: sequences }, (_, index) => index);
  const players = ports.map((port) => new PortPlayer(stage, port));
  const happenings = names.map((name) => {
    const port = ports[name % ports.length];
    return port === undefined ? [] : sequenceOf(new Random((seed * 1_000 + name) >>> 0), port.addresses);
  });
  const steps = happenings.reduce((sum, one) => sum + one.length, 0);
  const play = async (index: number): Promise<void> => {
    const player = players[index];
    for (const name of names.filter((one) => one % ports.length === index))
      await player?.play(`seed ${seed}, sequence ${name}`, happenings[name] ?? []);
  };
  const playing = Promise.all(ports.map((_, index) => play(index))).finally(() => {
    stage.product.end();
  });
  const done = (): number => players.reduce((sum, player) => sum + player.done, 0) / steps;
  const [killing] = await Promise.allSettled([stage.product.killAtRandom(kills, random, done, writes), playing]);
  await playing;
  if (killing.status === 'rejected') throw killing.reason;
  const ends = players.reduce((sum, player) => sum + player.ends, 0);
  return `seed ${seed}: ${sequences} sequences of ${steps} steps on ${ports.length} ports, ${ends} ends of policies by themselves, ${stage.product.kills} kills`;
}
