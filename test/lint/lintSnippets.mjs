import { ESLint } from 'eslint';

/**
 * Lints texts as if they were the named files of the project, with the named rules only. Reads [{file, text, typed}] as
 * JSON from stdin, writes one list of rule ids for each to stdout. A program of its own, because jest cannot load the
 * project's ESLint configuration, which is an ES module.
 *
 * Only snippets that say `typed` are linted with type information, which costs a tenth of a second each: no rule about
 * imports reads it, and there are hundreds of these.
 */
const TYPE_AWARE = /no-floating-promises|switch-exhaustiveness-check/;

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { rules, snippets } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
const typed = new ESLint({ ruleFilter: ({ ruleId }) => rules.includes(ruleId) });
const untyped = new ESLint({
  ruleFilter: ({ ruleId }) => rules.includes(ruleId) && !TYPE_AWARE.test(ruleId),
  overrideConfig: { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
});
const answers = [];
for (const { file, text, typed: withTypes } of snippets) {
  const [result] = await (withTypes ? typed : untyped).lintText(text, { filePath: file });
  answers.push(result.messages.map((message) => message.ruleId ?? message.message));
}
process.stdout.write(JSON.stringify(answers));
