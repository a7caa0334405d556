import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A message that a receiver took. */
export interface TakenMessage {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Somebody who takes notifications, with the library of Standard Webhooks itself. */
export interface WebhookReceiver {
  readonly url: string;
  /** What came and was verified, in order; a message that came twice is there twice. */
  readonly taken: TakenMessage[];
  /** What came and could not be verified. */
  readonly refused: string[];
  /** Tries that came while it was down, too. */
  tries: number;
  /** What it answers with; `down`: it cuts every connection. */
  answer: number | 'down' | ((tries: number) => Promise<number | 'down'>);
  close(): Promise<void>;
}

/** Starts one. @param secret `whsec_…`. */
export async function startWebhookReceiver(secret: string): Promise<WebhookReceiver> {
  const webhook = new Webhook(secret);
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receiver.tries += 1;
      const { answer, tries } = receiver;
      void (typeof answer === 'function' ? answer(tries) : Promise.resolve(answer)).then((status) => {
        if (status === 'down') {
          request.socket.destroy();
          return;
        }
        if (status < 300) take(Buffer.concat(chunks).toString('utf8'), request.headers as Record<string, string>);
        response.writeHead(status).end();
      });
    });
  });
  const take = (body: string, headers: Record<string, string>): void => {
    try {
      const message = webhook.verify(body, headers) as Omit<TakenMessage, 'id'>;
      receiver.taken.push({ id: headers['webhook-id'] ?? '', type: message.type, data: message.data });
    } catch (error) {
      receiver.refused.push(String(error));
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    taken: [],
    refused: [],
    tries: 0,
    answer: 204,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
