import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Output } from './output.ts';

/** The kinds of files that the repository's formatter looks at; generated TypeScript is exempt. */
const FORMATTED = /\.(yaml|md|json)$/;

/** The file as `npm run format` would leave it, so that both commands agree. @throws Error with what the formatter says */
export async function formatted(root: string, output: Output): Promise<Output> {
  if (!FORMATTED.test(output.path)) return output;
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [biome, 'format', `--stdin-file-path=${output.path}`],
      { cwd: root, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    );
    child.stdin?.end(output.text);
  });
  return { path: output.path, text };
}
