import { REDACTED, redactUrls } from '../../primitives/redactUrls';

/**
 * Replaces the secrets of a Junos configuration, in curly-brace, `set` or XML form, of its `show | compare` form and of
 * what a device says about it; everything else stays byte for byte. Redacting twice changes nothing more. Secrets are:
 * - hashes and reversible ciphers wherever they stand: `$1$`, `$5$`, `$6$`, `$8$`, `$9$`, `$sha1$`, and PEM private keys;
 * - values of statements that hold one (`encrypted-password`, `secret`, `authentication-key`, `pre-shared-key` …), also
 *   when they are in plain text, and values that Junos itself marks with `## SECRET-DATA`;
 * - passwords and tokens inside URLs ({@link redactUrls});
 * - SNMP communities and trap groups (their name is the community). BGP communities in `policy-options` are no secrets.
 */
export function redactConfiguration(text: string): string {
  const withoutHashes = redactUrls(text.replace(PRIVATE_KEY, REDACTED).replace(HASH, REDACTED));
  return /^\s*</.test(withoutHashes) ? redactXml(withoutHashes) : redactStatements(withoutHashes);
}

const HASH = /\$(?:1|5|6|8|9|2[abxy]|sha1)\$[^\s"'`;<>&\\\]]+/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----BEGIN)[\s\S])*?-----END [A-Z ]*PRIVATE KEY-----/g;

/** Statements (and XML elements) whose value is a secret. */
const SECRET_STATEMENTS: ReadonlySet<string> = new Set([
  'ascii-text',
  'authentication-key',
  'authentication-password',
  'chap-secret',
  'community-name',
  'encrypted-password',
  'hexadecimal',
  'key-string',
  'pap-password',
  'passphrase',
  'plain-text-password-value',
  'pre-shared-key',
  'privacy-key',
  'privacy-password',
  'secret',
  'shared-secret',
  'simple-password',
]);

/** Statements of which only a quoted value is a secret: the bare word after them may be another statement. */
const SECRET_WHEN_QUOTED: ReadonlySet<string> = new Set(['key', 'password']);

/** What may follow a word of {@link SECRET_STATEMENTS} without being its value. */
const NOT_A_VALUE: ReadonlySet<string> = new Set(['ascii-text', 'hexadecimal', '[', ']']);

/** Statements below `snmp` whose name is the secret. */
const NAMED_BY_SECRET: ReadonlySet<string> = new Set(['community', 'trap-group']);

const SET_COMMANDS: ReadonlySet<string> = new Set(['set', 'delete', 'activate', 'deactivate', 'protect', 'unprotect']);

/** No pattern here looks past the next opening mark of its own kind: that keeps hostile text linear. Blanks, line ends, comments, quoted texts (`&quot;` when the text stands in XML), punctuation, words. */
const TOKEN =
  /[^\S\n]+|\n|\/\*(?:(?!\/\*)[\s\S])*?\*\/|#[^\n]*|"(?:[^"\\\n]|\\[^\n])*"?|&quot;(?:(?!&quot;)[^\n])*(?:&quot;)?|[{};]|(?:(?!&quot;)[^\s{};"#])+|&/g;

const PATH_END = /(?<=.)\]:?$/;

interface Word {
  readonly position: number;
  readonly text: string;
}

/** The path line of `show | compare`, `[edit snmp community c]`: the statements below it stand under this path. */
const EDIT_PATH = '[edit';

/** The curly-brace, the `set` and the `show | compare` form: tokens with the statements around them. */
function redactStatements(text: string): string {
  const tokens = text.match(TOKEN) ?? [];
  /** For each open block, whether it is `snmp` or below it. */
  const blocks: boolean[] = [];
  let isPathBelowSnmp = false;
  let statement: Word[] = [];
  let previous: Word[] = [];
  const finish = (): void => {
    redactWords(tokens, statement, blocks.at(-1) ?? isPathBelowSnmp);
    previous = statement;
    statement = [];
  };
  tokens.forEach((token, position) => {
    if (token === '{') {
      const belowSnmp = (blocks.at(-1) ?? isPathBelowSnmp) || statement.some((word) => word.text === 'snmp');
      finish();
      blocks.push(belowSnmp);
    } else if (token === '}' || token === ';') {
      finish();
      if (token === '}') blocks.pop();
    } else if (token === '\n') {
      const first = statement[0]?.text ?? '';
      if (SET_COMMANDS.has(first)) finish();
      if (first === EDIT_PATH && statement.at(-1)?.text.endsWith(']') === true) {
        isPathBelowSnmp = statement.some((word) => keyword(word.text) === 'snmp');
        blocks.length = 0;
        finish();
      }
      if (statement.length === 0) previous = [];
    } else if (token.startsWith('#')) {
      if (/^##\s*SECRET-DATA/.test(token)) redactMarked(tokens, statement.length > 0 ? statement : previous);
    } else if (!/^[^\S\n]|^\/\*/.test(token)) {
      statement.push({ position, text: token });
    }
  });
  finish();
  return tokens.join('');
}

function redactWords(tokens: string[], statement: readonly Word[], isBelowSnmp: boolean): void {
  let belowSnmp = isBelowSnmp;
  let awaitsValue: 'any' | 'quoted' | undefined;
  const isPermissionList = statement.some((word) => word.text === 'permissions');
  for (const { position, text } of statement) {
    const quoted = isQuoted(text);
    if (awaitsValue !== undefined && !NOT_A_VALUE.has(text)) {
      if (quoted || awaitsValue === 'any') tokens[position] = replacement(text);
      awaitsValue = undefined;
      if (tokens[position] !== text) continue;
    }
    if (quoted) continue;
    const word = keyword(text);
    if (word === 'snmp') belowSnmp = true;
    if (SECRET_STATEMENTS.has(word) && !isPermissionList) awaitsValue = 'any';
    else if (SECRET_WHEN_QUOTED.has(word)) awaitsValue = 'quoted';
    else if (belowSnmp && NAMED_BY_SECRET.has(word)) awaitsValue = 'any';
  }
}

/** A word without what ends a path: `snmp]`, `snmp]:`. */
function keyword(text: string): string {
  return PATH_END.test(text) ? text.replace(PATH_END, '') : text;
}

/** `## SECRET-DATA` follows the statement: its last word is the secret. */
function redactMarked(tokens: string[], statement: readonly Word[]): void {
  const last = statement.at(-1);
  if (last !== undefined && statement.length > 1) tokens[last.position] = replacement(tokens[last.position] ?? '');
}

function isQuoted(text: string): boolean {
  return text.startsWith('"') || text.startsWith('&quot;');
}

function replacement(text: string): string {
  const quote = text.startsWith('"') ? '"' : text.startsWith('&quot;') ? '&quot;' : '';
  return quote === '' ? `${REDACTED}${PATH_END.exec(text)?.[0] ?? ''}` : `${quote}${REDACTED}${quote}`;
}

const XML_TOKEN =
  /<!--(?:(?!<!--)[\s\S])*?-->|<!\[CDATA\[(?:(?!<!\[CDATA\[)[\s\S])*?\]\]>|<(?:"[^"<]*"|'[^'<]*'|[^<>"'])*>|[^<]+|</g;
const STATEMENT_CONTAINERS: ReadonlySet<string> = new Set(['configuration-text', 'configuration-set']);

/** The XML form: the text of secret elements, and the names of SNMP communities. */
function redactXml(text: string): string {
  const path: string[] = [];
  return text.replace(XML_TOKEN, (token) => {
    if (token.startsWith('<![CDATA[')) return `<![CDATA[${redactXmlText(token.slice(9, -3), path)}]]>`;
    if (!token.startsWith('<')) return redactXmlText(token, path);
    const name = /^<\/?(?:[^\s:/>]+:)?([^\s:/>]+)/.exec(token)?.[1];
    if (name === undefined || token.startsWith('<!') || token.startsWith('<?') || token.endsWith('/>')) return token;
    if (!token.startsWith('</')) path.push(name);
    else if (path.includes(name)) path.length = path.lastIndexOf(name);
    return token;
  });
}

function redactXmlText(text: string, path: readonly string[]): string {
  if (text.trim() === '') return text;
  const element = path.at(-1) ?? '';
  if (STATEMENT_CONTAINERS.has(element)) return redactStatements(text);
  const isCommunityName = element === 'name' && NAMED_BY_SECRET.has(path.at(-2) ?? '') && path.includes('snmp');
  const isSecret = SECRET_STATEMENTS.has(element) || SECRET_WHEN_QUOTED.has(element) || isCommunityName;
  return isSecret ? text.replace(/\S[\s\S]*\S|\S/, REDACTED) : text;
}
