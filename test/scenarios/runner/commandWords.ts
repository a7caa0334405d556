/** Words of a command; `"…"` keeps spaces, and so does `${server web1}`. */
export function commandWords(text: string): readonly string[] {
  return (text.match(/"[^"]*"|(?:\$\{[^}]*\}|\S)+/g) ?? []).map((word) => word.replace(/^"|"$/g, ''));
}
