import { temporalUnavailable } from '../../servers/temporal';
import { replayHistoriesAt } from '../../support/replayHistories';
import { ACTIONS, faultsOf, spots, type Action, type Call, type FaultsOf } from './cells';
import { FaultMatrix } from './installation';
import { portsOf, type MatrixPort } from './world';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const MINUTES = 60_000;
/** Every fault of every call with every action; without it the actions take turns, so that each meets each call. */
const HAS_EVERY_ACTION = process.env['PORTWARDEN_FAULT_MATRIX'] === 'whole';

/** Cells that are not reached: the action does not make the call. */
const NOT_MADE: readonly string[] = [];

const actionsOf = (turn: number): readonly Action[] =>
  HAS_EVERY_ACTION ? ACTIONS : ACTIONS.filter((_action, index) => index === turn % ACTIONS.length);

/**
 * Some calls of both sources, failing in every way, while the product is told of an address that comes, one that goes
 * and a server that is deleted: no binding that the truth contains is lost at any instant. Each call has a port with
 * three servers of its own, so that calls about one server, switch or cluster fail side by side; those that serve
 * everybody fail one after the other. What else the world has is told nothing, and has to stay as it is.
 * @param together which calls may fail at once; one after the other
 * @param tried the faults that a call is tried with
 */
export function faultMatrix(
  name: string,
  together: readonly ((call: Call) => boolean)[],
  tried: FaultsOf = faultsOf,
): void {
  suite(`the fault matrix: ${name}`, () => {
    let matrix: FaultMatrix;
    // The many ports for one server are left out where none of their calls fails.
    const ports = portsOf(
      spots(tried).filter(({ call }) => call.scope !== 'server' || together.some((fails) => fails(call))),
    );

    beforeAll(async () => {
      matrix = await FaultMatrix.start(ports);
    }, 5 * MINUTES);
    afterAll(() => matrix.close(), 2 * MINUTES);

    test(
      'nothing that is true is lost',
      async () => {
        const missed: string[] = [];
        for (const fails of together) {
          const failing = ports.filter(({ spot }) => fails(spot.call));
          const forOneServer = failing.filter(isForOneServer);
          const others = failing.filter((port) => !isForOneServer(port));
          const both = await Promise.all([
            round(
              matrix,
              forOneServer.map((port, turn) => ({ port, fault: port.spot.only ?? '', turn })),
            ),
            rounds(matrix, others, tried),
          ]);
          missed.push(...both.flat());
        }
        expect(matrix.truth.losses).toEqual([]);
        expect(missed.filter((cell) => !NOT_MADE.includes(cell))).toEqual([]);
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
}

function isForOneServer({ spot }: MatrixPort): boolean {
  return spot.call.scope === 'server';
}

/** The faults of some calls, one after the other. @returns the cells that were not reached */
async function rounds(matrix: FaultMatrix, failing: readonly MatrixPort[], tried: FaultsOf): Promise<string[]> {
  const missed: string[] = [];
  const most = Math.max(...failing.map(({ spot }) => tried(spot.call).length));
  for (let number = 0; number < most; number += 1)
    missed.push(
      ...(await round(
        matrix,
        failing.flatMap((port, index) => {
          const fault = tried(port.spot.call)[number];
          return fault === undefined ? [] : [{ port, fault, turn: number + index }];
        }),
      )),
    );
  return missed;
}

/** One fault of some calls at once, with the actions whose turn it is. @returns the cells that were not reached */
async function round(
  matrix: FaultMatrix,
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
