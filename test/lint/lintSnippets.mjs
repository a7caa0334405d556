import { ESLint } from 'eslint';

/**
 * Lints texts as if they were the named files of the project. Reads [{file, text}] as JSON from stdin, writes one list
 * of rule ids for each to stdout. A program of its own, because jest cannot load the project's ESLint configuration,
 * which is an ES module.
 */
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const eslint = new ESLint({ warnIgnored: false });
const answers = [];
for (const { file, text } of JSON.parse(Buffer.concat(chunks).toString('utf8'))) {
  const [result] = await eslint.lintText(text, { filePath: file });
  answers.push((result?.messages ?? []).map((message) => message.ruleId ?? message.message));
}
process.stdout.write(JSON.stringify(answers));
