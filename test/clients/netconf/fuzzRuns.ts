/** How many inputs a property test tries: PORTWARDEN_FUZZ_RUNS in the long run, else the given short number. */
export function fuzzRuns(short: number): number {
  const asked = Number(process.env['PORTWARDEN_FUZZ_RUNS'] ?? '');
  return Number.isInteger(asked) && asked > 0 ? asked : short;
}
