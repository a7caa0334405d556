import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';

type Info = ConstructorParameters<typeof MockActivityEnvironment>[0];

/** An activity's surroundings, without a log. */
export function activityEnvironment(info: Info = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR', () => undefined) });
}

/** Calls an activity as a worker would. */
export async function inActivity<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  input: Input,
  info: Info = {},
): Promise<Result> {
  return activityEnvironment(info).run(activity, input);
}
