/**
 * Stands in for the gateway process: it listens where it is told, is ready once it has read its document, takes a
 * new document when the file changes, and ends when its standard input does. `GET /` on the traffic port answers
 * with what it was started with and what it reads now.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const flags = new Map(
  process.argv.slice(2).map((arg): [string, string] => {
    const at = arg.indexOf('=');
    return at < 0 ? [arg, ''] : [arg.slice(0, at), arg.slice(at + 1)];
  }),
);
const read = (flag: string): string => {
  try {
    return readFileSync(flags.get(flag) ?? '', 'utf8');
  } catch {
    return '';
  }
};
const stateDir = flags.get('--state-dir') ?? '.';

function listen(address: string, answer: (path: string) => [number, string]): void {
  const [host, port] = address.split(':');
  const server = createServer((request, response) => {
    const [status, text] = answer(request.url ?? '/');
    response.writeHead(status, { connection: 'close' }).end(text);
  });
  server.listen({ host, port: Number(port), reusePort: flags.has('--reuse-port') });
}

listen(flags.get('--listen') ?? '', () => [
  200,
  JSON.stringify({
    pid: process.pid,
    argv: process.argv.slice(2),
    env: process.env,
    document: read('--config'),
    token: read('--control-plane-token-file'),
  }),
]);
listen(flags.get('--admin-listen') ?? '', (path) => {
  if (path === '/crash') setImmediate(() => process.exit(7));
  return path === '/readyz' && read('--config') === '' ? [503, 'no document'] : [200, 'ok'];
});

writeFileSync(join(stateDir, `was-here-${process.pid}`), '');
process.stdin.on('end', () => process.exit(0)).resume();
process.on('SIGTERM', () => process.exit(0));
