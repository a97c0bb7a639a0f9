/**
 * The baseline: a Node proxy with nothing in it but `node:http` in, an `undici` pool out and one parse of the request,
 * which any gateway that routes by model has to do.
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [port, upstream] = process.argv.slice(2);
const pool = new Pool(String(upstream), { connections: 128, allowH2: false, keepAliveTimeout: 20_000 });

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    JSON.parse(body.toString());
    pool.dispatch(
      { path: request.url!, method: 'POST', headers: ['content-type', 'application/json'], body },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, headers) {
          const type = headers['content-type'];
          response.writeHead(status, { 'content-type': String(type) });
        },
        onResponseData(_controller, chunk) {
          response.write(chunk);
        },
        onResponseEnd() {
          response.end();
        },
        onResponseError() {
          response.destroy();
        },
      },
    );
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
