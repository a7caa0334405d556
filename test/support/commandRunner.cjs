// Runs commands of the built product for a test, many in one process (productCommands.ts): starting Node and loading the
// command line's modules costs as much as the rest of an ordinary command twice. The argument is the built file of `runCommandLine`.
const { runCommandLine } = require(process.argv[2]);

process.on('message', ({ id, args, cwd, env }) => {
  let [stdout, stderr] = ['', ''];
  const out = (text) => void (stdout += text);
  const err = (text) => void (stderr += text);
  runCommandLine(args, { env: { ...process.env, ...env }, cwd, out, err, isTerminal: false }).then(
    (code) => process.send({ id, code, stdout, stderr }),
    // As the command's own process ends when nobody catches what is thrown.
    (error) => process.send({ id, code: 1, stdout, stderr: `${stderr}${error?.stack ?? error}\n` }),
  );
});
// The test is gone, whatever it was waiting for.
process.on('disconnect', () => process.exit(0));
