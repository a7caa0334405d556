import { Client } from 'ssh2';

const END = ']]>]]>';
const TIMEOUT_MS = 15_000;

/** How to log in to a switch. */
export interface SwitchLogin {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/**
 * Reads the committed configuration of a switch in `set` form, over an SSH session of its own that shares no code
 * with the product: the demo's and the system tests' witness.
 */
export function readCommittedSet(login: SwitchLogin): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    const timer = setTimeout(() => {
      finish(new Error('the switch did not answer in time'));
    }, TIMEOUT_MS);
    const finish = (result: Error | string[]): void => {
      clearTimeout(timer);
      client.removeAllListeners('error').on('error', () => undefined);
      client.end();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    client.on('error', finish);
    client.on('ready', () => {
      client.subsys('netconf', (error, channel) => {
        if (error !== undefined) {
          finish(error);
          return;
        }
        let text = '';
        let messages = 0;
        channel.write(
          `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>${END}`,
        );
        channel.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8');
          for (let end = text.indexOf(END); end >= 0; end = text.indexOf(END)) {
            const message = text.slice(0, end);
            text = text.slice(end + END.length);
            messages += 1;
            if (messages === 1)
              channel.write(
                `<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><get-configuration database="committed" format="set"/></rpc>${END}`,
              );
            else finish(setLines(message));
          }
        });
        channel.on('close', () => {
          finish(new Error('the switch closed the session'));
        });
      });
    });
    // The lab's host key is new at every start and was just printed; there is nothing to compare it with.
    client.connect({ ...login, hostVerifier: () => true });
  });
}

function setLines(reply: string): string[] | Error {
  const body = /<configuration-set[^>]*>([\s\S]*?)<\/configuration-set>/.exec(reply)?.[1];
  if (body === undefined) return new Error(`unexpected reply: ${reply.slice(0, 300)}`);
  const decoded = body.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name] ?? '',
  );
  return decoded
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
