const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Text in bold. */
export const bold = (text: string): string => paint(1, text);
/** Text in grey. */
export const grey = (text: string): string => paint(90, text);
/** Text in green. */
export const green = (text: string): string => paint(32, text);
/** Text in red. */
export const red = (text: string): string => paint(31, text);

/** Prints a line. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints the title of a step. */
export function title(text: string): void {
  say();
  say(bold(`── ${text} ${'─'.repeat(Math.max(3, 96 - text.length))}`));
}

/** Prints a labelled block: one line beside its label, several below it. */
export function block(label: string, lines: readonly string[]): void {
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) {
    say(`  ${label.padEnd(15)}${only}`);
    return;
  }
  say(`  ${label}`);
  for (const line of lines) say(`      ${colourOf(line)(line)}`);
}

function colourOf(line: string): (text: string) => string {
  if (line.startsWith('+') || line.startsWith('set ')) return green;
  return line.startsWith('-') || line.startsWith('delete ') ? red : (text) => text;
}

/** Shows that something takes long: a dot a second after the first three. Returns what ends it. */
export function progress(what: string): () => void {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    if (seconds === 3) process.stdout.write(grey(`  … ${what}`));
    else if (seconds > 3) process.stdout.write(grey('.'));
  }, 1_000);
  return () => {
    clearInterval(timer);
    if (seconds >= 3) say();
  };
}
