import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAgainst, type Printed } from './runAgainst';

/** The command line over an API that says what a test tells it to. */
export interface CliUnderTest {
  /** Where commands run; it has a portwarden.yaml. */
  readonly folder: string;
  /** What the API was asked. */
  readonly asked: { readonly path: string; readonly body: unknown }[];
  /** What the API answers, in order. */
  readonly answers: unknown[];
  run(...args: readonly string[]): Promise<Printed>;
  close(): Promise<void>;
}

/** Starts such an API. */
export async function cliUnderTest(): Promise<CliUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'portwarden-cli-'));
  writeFileSync(join(folder, 'portwarden.yaml'), 'panel: { url: https://panel.example.com }\n');
  const asked: { readonly path: string; readonly body: unknown }[] = [];
  const answers: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ path: request.url ?? '', body: body === '' ? undefined : JSON.parse(body) });
      response.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' });
      response.end(JSON.stringify(answers.shift() ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    folder,
    asked,
    answers,
    run: (...args) => runAgainst(url, args, folder),
    async close() {
      rmSync(folder, { recursive: true, force: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
