import type { Convergence, PortConvergence } from '../../src/devices/pass/convergence';
import type { ConvergeContext, ConvergeRequest, PortTarget } from '../../src/devices/pass/request';
import type { Binding } from '../../src/domain/desired/binding';
import { PortwardenError } from '../../src/domain/errors';
import { parseIp } from '../../src/domain/values/ip';
import { parseMac } from '../../src/domain/values/mac';
import { parsePortName } from '../../src/domain/values/port';
import { parseVlanId } from '../../src/domain/values/vlan';

/** A binding in the words of a test. */
export function bind(ip: string, mac: string, vlan: number): Binding {
  return { ip: parseIp(ip), mac: parseMac(mac), vlan: parseVlanId(vlan) };
}

/** The addresses of most tests' switches. */
const USUAL_IPS = Array.from({ length: 254 }, (_, i) => parseIp(`192.0.2.${i + 1}`));

/** What a port shall have; whatever else of the usual addresses it has may go. */
export function target(port: string, desired: readonly Binding[], more: Partial<PortTarget> = {}): PortTarget {
  return { port: parsePortName(port), desired, retainIps: [], removals: { named: USUAL_IPS, absent: [] }, ...more };
}

let passes = 0;

/** A request with guards that let everything through unless told otherwise. */
export function request(targets: readonly PortTarget[], more: Partial<ConvergeRequest> = {}): ConvergeRequest {
  passes += 1;
  return {
    targets,
    guards: { maxRemovedBindings: 1_000, maxRemovedShare: 1 },
    keeps: [],
    logToken: `test-pass-${passes}`,
    ...more,
  };
}

/** A context that records what it is told. */
export interface RecordingContext extends ConvergeContext {
  readonly steps: string[];
  readonly backups: string[];
  readonly controller: AbortController;
}

export function recordingContext(more: Partial<ConvergeContext> = {}): RecordingContext {
  const controller = new AbortController();
  const steps: string[] = [];
  const backups: string[] = [];
  return {
    controller,
    steps,
    backups,
    signal: controller.signal,
    onStep: (step) => void steps.push(step),
    onBackup: (configuration) => {
      backups.push(configuration);
      return Promise.resolve();
    },
    onOpenCommits: () => Promise.resolve(),
    allocateVirtualMacs: () => Promise.reject(new Error('the test has no virtual MACs')),
    beforeCommit: () => Promise.resolve(),
    ...more,
  };
}

/** The outcome of one port of a pass. */
export function outcomeOf(result: Convergence, port: string): PortConvergence {
  const found = result.ports.find((candidate) => candidate.port === port);
  if (found === undefined) throw new Error(`no outcome for ${port}`);
  return found;
}

/** The code a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof PortwardenError ? error.code : `not a PortwardenError: ${String(error)}`;
  }
  return 'nothing was thrown';
}

/** `expect.stringContaining`, typed. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

/** A dropped session's lock may take the server a moment to notice. */
export async function retryWhileBusy<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 40; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (
        left === 0 ||
        !(
          error instanceof Error &&
          'code' in error &&
          (error.code === 'device-busy' || error.code === 'device-foreign-edits')
        )
      )
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
