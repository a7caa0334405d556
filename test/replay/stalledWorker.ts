/** An event of a history, as its JSON has it. */
export interface HistoryEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly [attributes: string]: unknown;
}

/** A history that could have been, and what is different in it. */
export interface Variant {
  readonly what: 'signals before an activity' | 'signals before a wait';
  readonly events: readonly HistoryEvent[];
}

const typeOf = ({ eventType }: HistoryEvent): string => eventType.replace('EVENT_TYPE_', '');
const isSignal = (event: HistoryEvent): boolean => typeOf(event) === 'WORKFLOW_EXECUTION_SIGNALED';
const COMMANDS =
  /^(MARKER|TIMER_STARTED|TIMER_CANCELED|ACTIVITY_TASK_SCHEDULED|UPSERT|WORKFLOW_EXECUTION_(COMPLETED|FAILED|CONTINUED))/;
const isCommand = (event: HistoryEvent): boolean => COMMANDS.test(typeOf(event));

/** A workflow task that was completed: where its events are, and what it commanded. */
interface Task {
  readonly started: number;
  readonly completed: number;
  readonly commands: readonly HistoryEvent[];
}

/**
 * The same history as it is when the worker gets no processor: a workflow task in which local activities ran times out at the server, and
 * the signals that came after it are in the next one, which has all that the worker had done by then. It handled these signals when
 * the results of the local activities had come; a replay gets them before. One variant for each task and what it began.
 */
export function stalledVariants(events: readonly HistoryEvent[]): Variant[] {
  const tasks = events.flatMap((event, at) =>
    typeOf(event) === 'WORKFLOW_TASK_COMPLETED' ? [taskAt(events, at)] : [],
  );
  return tasks.flatMap((task, index): Variant[] => {
    if (!task.commands.some((command) => typeOf(command) === 'MARKER_RECORDED')) return [];
    const last = task.commands.at(-1);
    const end = task.completed + task.commands.length;
    if (last !== undefined && typeOf(last) === 'ACTIVITY_TASK_SCHEDULED') {
      const over = events.findIndex((event, at) => at > end && /^ACTIVITY_TASK_(?!STARTED)/.test(typeOf(event)));
      const signals = events.slice(end, over).filter(isSignal);
      if (over < 0 || signals.length === 0) return [];
      return [
        { what: 'signals before an activity', events: moved(events, task, signals, events.slice(task.completed)) },
      ];
    }
    const next = tasks[index + 1];
    if (last === undefined || typeOf(last) !== 'TIMER_STARTED' || next === undefined) return [];
    const [first, ...others] = next.commands;
    const signals = events.slice(end, next.started).filter(isSignal);
    if (first === undefined || typeOf(first) !== 'TIMER_CANCELED' || signals.length === 0) return [];
    // It begins the wait and ends it at once, and goes on.
    const completed = events.slice(task.completed, task.completed + 1);
    const rest = events.slice(next.completed + 1 + next.commands.length);
    const commands = [...task.commands.slice(0, -1), ...others];
    return [
      {
        what: 'signals before a wait',
        events: moved(events, task, signals, [...completed, ...commands, ...rest], next),
      },
    ];
  });
}

function taskAt(events: readonly HistoryEvent[], completed: number): Task {
  const after = events.slice(completed + 1);
  const commands = after.slice(
    0,
    Math.max(
      after.findIndex((event) => !isCommand(event)),
      0,
    ),
  );
  const ended = after.every(isCommand) ? after : commands;
  let started = completed;
  while (started > 0 && typeOf(events[started] ?? NO_EVENT) !== 'WORKFLOW_TASK_STARTED') started -= 1;
  return { started, completed, commands: ended };
}

const NO_EVENT: HistoryEvent = { eventId: '0', eventType: '' };

/** The first try of a task times out, the signals come, and the task is tried again. @param merged a task whose commands the first one has now. */
function moved(
  events: readonly HistoryEvent[],
  { started, completed }: Task,
  signals: readonly HistoryEvent[],
  rest: readonly HistoryEvent[],
  merged?: Task,
): HistoryEvent[] {
  const before = events.slice(0, started);
  const scheduled = before.findLast((event) => typeOf(event) === 'WORKFLOW_TASK_SCHEDULED') ?? NO_EVENT;
  const begun = events[started] ?? NO_EVENT;
  const firstTry = { ...begun, eventId: 'first try' };
  const again = { ...scheduled, eventId: 'scheduled again' };
  const timedOut = {
    eventId: 'timed out',
    eventTime: begun['eventTime'],
    eventType: 'EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT',
    workflowTaskTimedOutEventAttributes: {
      scheduledEventId: scheduled.eventId,
      startedEventId: 'first try',
      timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE',
    },
  };
  const ofTask = [begun, ...rest].map((event, at) =>
    at < 2 ? withIds(event, new Map([[scheduled.eventId, 'scheduled again']])) : event,
  );
  const all = [...before, firstTry, timedOut, ...signals, again, ...ofTask.filter((event) => !signals.includes(event))];
  const ids = new Map(all.map(({ eventId }, at) => [eventId, String(at + 1)]));
  const completedBy = events[merged?.completed ?? completed]?.eventId ?? '';
  ids.set(completedBy, ids.get(events[completed]?.eventId ?? '') ?? '');
  return all.map((event) => withIds(event, ids));
}

/** The event with other ids, of itself and of those it names. */
function withIds<T>(event: T, ids: ReadonlyMap<string, string>): T {
  return JSON.parse(
    JSON.stringify(event, (key, value: unknown) =>
      /^eventId$|EventId$/.test(key) && typeof value === 'string' ? (ids.get(value) ?? value) : value,
    ),
  ) as T;
}
