/**
 * The first process in the namespaces of a cluster after the shell that waits for it. It starts the parts, and starts
 * again those that end. When it ends itself, everything does. Its argument is the place of the cluster.
 */
import { writeFileSync } from 'node:fs';
import { bringUp } from './bring-up.ts';
import { layoutOf } from './layout.ts';
import { readOptions } from './options.ts';

const layout = layoutOf(process.argv[2] === 'test' ? 'test' : 'main');
// Its standard output is the file that `up` reads.
const say = (line: string): void => console.log(line);

try {
  await bringUp(layout, readOptions(layout), say);
  writeFileSync(layout.paths.ready, '');
} catch (error) {
  say((error as Error).message);
  process.exit(1);
}
