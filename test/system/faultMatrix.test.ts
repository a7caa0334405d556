import { temporalUnavailable } from '../servers/temporal';
import { ACTIONS, faultsOf, spots, type Action } from './faultMatrix/cells';
import { FaultMatrix } from './faultMatrix/installation';
import { portsOf, type MatrixPort } from './faultMatrix/world';
import { replayHistoriesAt } from '../support/replayHistories';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const MINUTES = 60_000;
/** Every fault of every call with every action; without it the actions take turns, so that each meets each call. */
const WHOLE = process.env['PORTWARDEN_FAULT_MATRIX'] === 'whole';

/** Cells that are not reached: the action does not make the call. */
const NOT_MADE: readonly string[] = [];

/*
 * Every call of both sources, failing in every way, while the product is told of an address that comes, one that goes
 * and a server that is deleted: no binding that the truth contains is lost at any instant. Each call has a port with
 * three servers of its own, so that calls about one server, switch or cluster fail side by side; those that serve
 * everybody fail one after the other.
 */
suite('the fault matrix', () => {
  let matrix: FaultMatrix;
  const ports = portsOf(spots());

  beforeAll(async () => {
    matrix = await FaultMatrix.start(ports);
  }, 5 * MINUTES);
  afterAll(() => matrix.close(), 2 * MINUTES);

  const actionsOf = (turn: number): readonly Action[] =>
    WHOLE ? ACTIONS : ACTIONS.filter((_action, index) => index === turn % ACTIONS.length);

  /** One fault of some calls at once, with the actions whose turn it is. @returns the cells that were not reached */
  async function round(
    of: readonly { readonly port: MatrixPort; readonly fault: string; readonly turn: number }[],
  ): Promise<string[]> {
    const played = await Promise.all(
      of.flatMap(({ port, fault, turn }) => actionsOf(turn).map((action) => matrix.play(port, fault, action))),
    );
    for (const { port } of of) matrix.restore(port);
    // A deletion of a server that is not bound leads nowhere, so that its cell would not be reached.
    const deleted = of.filter(({ turn }) => actionsOf(turn).includes('server_deleted'));
    await Promise.all(deleted.map(({ port }) => matrix.bindAgain(port)));
    return played.flat();
  }

  /** The faults of some calls, one after the other. */
  async function rounds(failing: readonly MatrixPort[]): Promise<string[]> {
    const missed: string[] = [];
    const most = Math.max(...failing.map(({ spot }) => faultsOf(spot.call).length));
    for (let number = 0; number < most; number += 1)
      missed.push(
        ...(await round(
          failing.flatMap((port, index) => {
            const fault = faultsOf(port.spot.call)[number];
            return fault === undefined ? [] : [{ port, fault, turn: number + index }];
          }),
        )),
      );
    return missed;
  }

  const at = (...scopes: readonly string[]): MatrixPort[] =>
    ports.filter(({ spot }) => scopes.includes(spot.call.scope));

  test(
    'calls about one server, switch or cluster',
    async () => {
      const missed = await Promise.all([
        round(at('server').map((port, turn) => ({ port, fault: port.spot.only ?? '', turn }))),
        rounds(at('switch', 'cluster')),
      ]);
      expect(matrix.truth.losses).toEqual([]);
      expect(missed.flat().filter((name) => !NOT_MADE.includes(name))).toEqual([]);
    },
    8 * MINUTES,
  );

  test(
    'calls that serve everybody',
    async () => {
      const everybody = at('everything');
      const missed = [
        ...(await rounds(everybody.filter(({ spot }) => spot.call.name === 'GET /servers'))),
        // Servers that are plugged in do not need the providers, so that both fail at once.
        ...(await rounds(everybody.filter(({ spot }) => spot.call.name !== 'GET /servers'))),
      ];
      expect(matrix.truth.losses).toEqual([]);
      expect(missed.filter((name) => !NOT_MADE.includes(name))).toEqual([]);
    },
    8 * MINUTES,
  );

  test('afterwards everything that is true is bound', () => {
    expect([matrix.truth.missing(), matrix.truth.losses]).toEqual([[], []]);
  });

  test(
    'workflows did what they do in a replay',
    () => replayHistoriesAt(matrix.system.running.temporalAddress),
    3 * MINUTES,
  );
});
