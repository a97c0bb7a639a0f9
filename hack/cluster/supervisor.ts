/**
 * The first process in the namespaces of a cluster after the shell that waits for it. It starts the parts, and starts
 * again those that end. When it ends itself, everything does.
 */
import { writeFileSync } from 'node:fs';
import { bringUp } from './bring-up.ts';
import { paths } from './layout.ts';
import { readOptions } from './options.ts';

// Its standard output is the file that `up` reads.
const say = (line: string): void => console.log(line);

try {
  await bringUp(readOptions(), say);
  writeFileSync(paths.ready, '');
} catch (error) {
  say((error as Error).message);
  process.exit(1);
}
