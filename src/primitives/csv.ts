/**
 * One record of a CSV file after RFC 4180, with its line end. A cell that a spreadsheet would take for a formula (it
 * begins with `=`, `+`, `-`, `@`, a tab or a carriage return) gets an apostrophe before it, which makes it text there.
 */
export function csvRecord(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
