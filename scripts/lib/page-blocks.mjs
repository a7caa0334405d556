const FENCE = /^(\s*)```(\w*)\s*$/;
const REMARK = /^\s*<!--\s*(not run|setup|needs|prints|exit code|background until|run until)(?::\s*(.*?))?\s*-->$/;

/**
 * A block of shell commands of a page, with what the comments right above it say:
 *
 * - `<!-- not run: REASON -->`: cannot be run where the pages are checked
 * - `<!-- setup -->`: run before every later block of the page (each block has a shell of its own)
 * - `<!-- needs: PROGRAM -->`: skipped where that program cannot be had
 * - `<!-- prints: TEXT -->`: the output contains TEXT; may be repeated
 * - `<!-- exit code: N -->`: ends with N instead of 0
 * - `<!-- background until: TEXT -->`: keeps running for the blocks after it once it has printed TEXT
 * - `<!-- run until: TEXT -->`: is ended by Ctrl-C once it has printed TEXT
 *
 * @typedef {object} PageBlock
 * @property {string} page
 * @property {number} line where its commands begin
 * @property {string} commands
 * @property {string} [notRun]
 * @property {boolean} setup
 * @property {string} [needs]
 * @property {string[]} prints
 * @property {number} exitCode
 * @property {string} [backgroundUntil]
 * @property {string} [runUntil]
 */

/**
 * The shell blocks (```sh) of a page, in their order.
 * @param {string} page its name, for messages
 * @param {string} markdown
 * @returns {PageBlock[]}
 * @throws {Error} when a block is not closed or a comment is above something that is no shell block
 */
export function blocksOf(page, markdown) {
  const blocks = [];
  let remarks = [];
  let open;
  markdown.split('\n').forEach((text, index) => {
    const line = index + 1;
    const fence = FENCE.exec(text);
    if (open !== undefined) {
      if (fence === null) open.lines.push(text.startsWith(open.indent) ? text.slice(open.indent.length) : text);
      else {
        if (open.shell) blocks.push(blockFrom(page, open));
        open = undefined;
      }
      return;
    }
    const remark = REMARK.exec(text);
    if (remark !== null) {
      remarks.push({ name: remark[1], value: remark[2] ?? '', line });
    } else if (fence !== null) {
      open = { line: line + 1, indent: fence[1], shell: fence[2] === 'sh', remarks, lines: [] };
      if (!open.shell && remarks.length > 0)
        throw new Error(`${page}:${remarks[0].line}: "${remarks[0].name}" is not above a shell block`);
      remarks = [];
    } else if (text.trim() !== '' && remarks.length > 0) {
      throw new Error(`${page}:${remarks[0].line}: "${remarks[0].name}" is not above a shell block`);
    }
  });
  if (open !== undefined) throw new Error(`${page}:${open.line}: the block is not closed`);
  return blocks;
}

function blockFrom(page, { line, lines, remarks }) {
  const values = (name) => remarks.filter((remark) => remark.name === name).map((remark) => remark.value);
  const [notRun] = values('not run');
  const [needs] = values('needs');
  const [backgroundUntil] = values('background until');
  const [runUntil] = values('run until');
  const [exitCode = '0'] = values('exit code');
  return {
    page,
    line,
    commands: lines.join('\n'),
    setup: values('setup').length > 0,
    prints: values('prints'),
    exitCode: Number(exitCode),
    ...(notRun === undefined ? {} : { notRun }),
    ...(needs === undefined ? {} : { needs }),
    ...(backgroundUntil === undefined ? {} : { backgroundUntil }),
    ...(runUntil === undefined ? {} : { runUntil }),
  };
}
