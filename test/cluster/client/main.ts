/** The pod of a scenario: a provider, and a client of gateways that does what it is told by HTTP. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { call } from './call.ts';
import { Load } from './load.ts';
import { Streams } from './streams.ts';
import { Upstream } from './upstream.ts';

const PORT = 8090;
const upstream = new Upstream();
const loads: Load[] = [];
const streams = new Streams(upstream);

/** What the pod can be told. Each takes and gives JSON. */
const orders: Readonly<Record<string, (order: never) => unknown>> = {
  '/call': call,
  // The status of an answer, or 0.
  '/reach': ({ url }: { url: string }) =>
    fetch(url).then(
      ({ status }) => status,
      () => 0,
    ),
  '/load/start': (order) => void loads.push(new Load(order)),
  '/load/stop': () => loads.pop()!.stop(),
  '/streams/open': (order) => streams.open(order),
  '/streams/finish': ({ ids }: { ids: string[] }) => upstream.finish(ids),
  '/streams/look': ({ ids }: { ids: string[] }) => streams.look(ids),
  '/upstream/key': ({ key }: { key: string | null }) => {
    upstream.key = key;
  },
  '/upstream/received': () => upstream.received,
  '/upstream/dispatched': () => [...upstream.dispatched],
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  const begin = (status: number, type: string): void =>
    void response.writeHead(status, { 'content-type': type });
  if (request.url === '/v1/chat/completions') {
    const { authorization = '' } = request.headers;
    return upstream.serve({
      authorization,
      body,
      begin,
      write: (text) => void response.write(text),
      end: (text) => void response.end(text),
      gone: () => response.destroyed,
    });
  }
  const order = orders[request.url ?? ''];
  if (order === undefined) {
    begin(404, 'text/plain');
    return void response.end(`no order ${request.url}`);
  }
  const done = (await order(JSON.parse(body) as never)) ?? null;
  begin(200, 'application/json');
  response.end(JSON.stringify(done));
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (!response.headersSent) response.writeHead(500);
    response.end(String(error));
  });
}).listen(PORT);

process.once('SIGTERM', () => process.exit(0));
