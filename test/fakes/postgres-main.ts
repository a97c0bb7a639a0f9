/** A server of its own, for tests of what is left when its parent is killed. Prints the port and the folder. */
import { startPostgres } from './postgres.ts';

const server = await startPostgres();
const [row] = await server.admin('SHOW data_directory');
process.stdout.write(`${server.port} ${row?.['data_directory']}\n`);
setInterval(() => undefined, 60_000);
