import { FINDINGS } from './adoptionPlan';
import type { AdoptedAnswer, UnknownBindingsAnswer } from './decisionClient';

/** What can be decided about, port by port, as an operator reads it. */
export function unknownText({ summary, device, ports, notes }: UnknownBindingsAnswer): string {
  return lines([
    summary,
    ...notes.map((note) => `note: ${note}`),
    ...ports.flatMap(({ port, statements }) => [
      '',
      `${device} ${port}`,
      ...statements.flatMap(({ statement, finding, known }) => [
        `  ${statement.text}`,
        ...[FINDINGS[finding] ?? finding, ...known].map((words) => `      ${words}`),
      ]),
    ]),
    ...(ports.length === 0
      ? []
      : [
          '',
          `To keep or remove them: portwarden adopt ${device} [port] --keep <address…|all> --remove <address…> --reason <why>`,
          `To decide about all of them in a file: portwarden adopt ${device} --plan > plan.yaml`,
        ]),
  ]);
}

/** What became of decisions, port by port. */
export function adoptedText(device: string, ports: AdoptedAnswer['ports']): string {
  return lines(
    ports.flatMap(({ port, kept, removed, notRemoved, done, refused, outcomes }) => [
      `${device} ${port}${refused === undefined ? '' : `: refused, ${refused}`}`,
      ...kept.map(({ id, text }) => `  kept         ${text} (keep ${id})`),
      ...removed.map((text) => `  removed      ${text}`),
      ...notRemoved.map((text) => `  not removed  ${text}`),
      ...(done === 0 ? [] : [`  ${done} had been carried out before`]),
      ...outcomes.map(({ port: asked, status, summary }) => `  ${asked} ${status}: ${summary}`),
    ]),
  );
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
