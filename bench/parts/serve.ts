/** What a part's process can be asked; every answer is data that JSON can carry. */
type Methods<Asked> = {
  [Name in keyof Asked]: Asked[Name] extends (...args: never[]) => Promise<unknown> ? Asked[Name] : never;
};

/** A question to a part's process. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** Its answer. */
export type Answer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

/** Answers what the benchmark asks this process, until the benchmark is gone: then this process ends, whatever it does. */
export function serve<Asked extends object>(methods: Methods<Asked>): void {
  const byName = methods as Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;
  process.on('message', (message) => {
    const { id, name, args } = message as Question;
    const method = Object.hasOwn(byName, name) ? byName[name] : undefined;
    const asked =
      method === undefined ? Promise.reject(new Error(`this part cannot ${name}`)) : Promise.resolve(method(...args));
    asked.then(
      (result) => process.send?.({ id, result } satisfies Answer),
      (error: unknown) =>
        process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
  // Ctrl-C in a terminal reaches the whole group: the benchmark ends its parts itself.
  process.on('SIGINT', () => undefined);
}
