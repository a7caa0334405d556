import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody who takes messages as Slack's incoming webhooks do. */
export interface ChatReceiver {
  readonly url: string;
  /** The `text` of each message that was taken, in order. */
  readonly taken: string[];
  /** Tries that came while it was down, too. */
  tries: number;
  isDown: boolean;
  close(): Promise<void>;
}

/** Starts one. */
export async function startChatReceiver(): Promise<ChatReceiver> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receiver.tries += 1;
      if (receiver.isDown) {
        response.writeHead(503).end();
        return;
      }
      const { text } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly text: string };
      receiver.taken.push(text);
      response.writeHead(200).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: ChatReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/hook`,
    taken: [],
    tries: 0,
    isDown: false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
