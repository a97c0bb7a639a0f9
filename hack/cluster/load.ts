import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Layout, npmCommand } from './layout.ts';
import { readOptions } from './options.ts';
import { initProcess } from './processes.ts';

/**
 * Gives the node of the running cluster the images of an archive, as `docker save` and `hack/images` write them.
 *
 * @throws Error when there is no cluster, or with what containerd said.
 */
export async function loadArchive(layout: Layout, file: string): Promise<void> {
  const init = initProcess(layout);
  if (init === null) throw new Error(`no cluster runs here: ${npmCommand(layout, 'up')}`);
  const { programs } = readOptions(layout);
  // Through the standard input, since the file may lie where the cluster sees another folder.
  const args = ['--target', String(init), '--mount', '--', programs['ctr']!, '--namespace', 'k8s.io'];
  const child = spawn('nsenter', [...args, 'images', 'import', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exit = once(child, 'close');
  // One that ends early says why on its standard error.
  await pipeline(createReadStream(file), child.stdin).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`${file} cannot be loaded: ${said.trim()}`);
}
