/** A control plane that takes every batch of events and forgets it. */
import { createServer } from 'node:http';

const next = new Map<string, number>();
createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const stream = String(request.headers['kt-stream']);
    const upTo = Number(request.headers['kt-first-seq'] ?? 0) + Number(request.headers['kt-count'] ?? 0);
    if (request.method === 'POST') next.set(stream, upTo);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ acked: (next.get(stream) ?? 0) - 1, next: next.get(stream) ?? 0 }));
  });
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
