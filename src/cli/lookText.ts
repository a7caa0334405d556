import type { CoverageAnswer, ExplanationAnswer, PreviewAnswer } from './apiAnswers';

type Device = PreviewAnswer['devices'][number];
type Port = Device['ports'][number];
type Address = ExplanationAnswer['addresses'][number];

/** A preview as an operator reads it: device by device, port by port, then the commands. */
export function previewText({ summary, devices, notes }: PreviewAnswer): string {
  return lines([summary, ...notes.map((note) => `note: ${note}`), ...devices.flatMap(deviceLines)]);
}

function deviceLines(device: Device): readonly string[] {
  const { ports, omitted, commands, notes, error } = device;
  return [
    '',
    `${device.device}${expectedTime(device)}`,
    ...(error === undefined ? [] : [`  ${error.code}: ${error.message}`]),
    ...ports.flatMap(portLines),
    ...(omitted.length === 0 ? [] : [`  and ${omitted.length} further ports, which are not shown`]),
    ...notes.map((note) => `  note: ${note}`),
    ...(commands.length === 0 ? [] : ['  commands:', ...commands.map((command) => `    ${command}`)]),
  ];
}

function expectedTime({ expectedSeconds, measuredCommits }: Device): string {
  if (expectedSeconds === 0) return '';
  const by =
    measuredCommits === 0 ? 'assumed: no commit of it was measured yet' : `by its last ${measuredCommits} commit(s)`;
  return `  (about ${Math.ceil(expectedSeconds)} s, ${by})`;
}

function portLines({ port, status, summary, added, removed, excluded, parked }: Port): readonly string[] {
  return [
    `  ${port.padEnd(16)} ${status.padEnd(10)} ${summary}`,
    ...removed.map(({ text }) => `      - ${text}`),
    ...added.map(({ text }) => `      + ${text}`),
    ...excluded.map(({ ip, rule, message }) => `      left out ${ip} (${rule}): ${message}`),
    ...(parked?.remove ?? []).map(({ text }) => `      stays    ${text}`),
  ];
}

/** An explanation as an operator reads it, address by address. */
export function explanationText({
  summary,
  addresses,
  notes,
  evidence = [],
  coverage = [],
}: ExplanationAnswer): string {
  return lines([
    summary,
    ...notes.map((note) => `note: ${note}`),
    ...addresses.flatMap(addressLines),
    ...(evidence.length === 0 ? [] : ['', ...evidence.map(({ device, port, says }) => `${device} ${port}: ${says}`)]),
    ...(coverage.length === 0 ? [] : ['', 'what the device enforces there:', ...coverage.map(coverageLine)]),
  ]);
}

/** A port's coverage as an operator reads it. */
export function coverageText({ summary, entries }: CoverageAnswer): string {
  return lines([summary, ...entries.map(coverageLine)]);
}

function coverageLine({ code, effect, about, message }: CoverageAnswer['entries'][number]): string {
  return `  ${effect.padEnd(8)} ${code.padEnd(22)} ${about}: ${message}`;
}

function addressLines({ ip, port, state, because, rule, present, sources, since }: Address): readonly string[] {
  const what = ip ?? present.map(({ text }) => text).join(', ');
  return [
    '',
    `${what} on ${port.device} ${port.port}: ${state}`,
    `  because  ${because}${rule === undefined ? '' : ` (${rule})`}`,
    ...present.map(({ text }) => `  there is ${text}`),
    ...sources.map((source) => `  read     ${source}`),
    ...(since === undefined ? [] : [`  since    ${since.at} by ${since.workflowId}, journal ${since.journalId}`]),
    ...(since?.commit === undefined ? [] : [`           commit "${since.commit}"`]),
    ...(since?.events ?? []).map((event) => `           event ${event}`),
  ];
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
