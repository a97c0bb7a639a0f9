import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { scratchFolder } from './cache.ts';

/** The release of Go that is fetched where none can be used. */
export const GO_VERSION = 'go1.26.8';

/** Where the Go project publishes its releases. */
const GO_DOWNLOADS = 'https://go.dev/dl/';

/** SHA-256 of the archives, as published with the release, by Node's names of platform and architecture. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  'darwin-arm64': 'a012b25b571bd0138a03dcd25375ceba866fe5ca822f426d2c66a4de56fd3f4b',
  'darwin-x64': '186be014105aa6542b767d2c6ed5cca10a0214bdff809ef1724022a8c7894150',
  'linux-arm64': '211ffced9dcb9633a55eac6364816ec0ddd951389a740e88fa8b3337971bdda0',
  'linux-x64': 'd0f743b33e8d8945e6b1f432edd15785c70507121d6e2a723b21285eddf8b57b',
};

/** Command of the Go that `fetchGo` puts into the cache. */
export function cachedGo(cache: string): string {
  return join(cache, 'go', GO_VERSION, 'bin', 'go');
}

export interface Archive {
  url: string;
  sha256: string;
}

/** @throws Error when the Go project publishes no archive for this machine that we know. */
export function goArchive(platform: string): Archive {
  const sha256 = CHECKSUMS[platform];
  if (sha256 === undefined) throw new Error(`no Go archive is known for ${platform}: install Go yourself`);
  return { url: `${GO_DOWNLOADS}${GO_VERSION}.${platform.replace('x64', 'amd64')}.tar.gz`, sha256 };
}

/**
 * Downloads Go, checks it against its checksum and unpacks it into the cache, all or nothing.
 *
 * @returns the path of its command.
 * @throws Error when it cannot be downloaded or is not what it should be.
 */
export async function fetchGo(cache: string, { url, sha256 }: Archive): Promise<string> {
  const command = cachedGo(cache);
  const target = dirname(dirname(command));
  const scratch = await scratchFolder(target);
  try {
    const archive = join(scratch, 'archive.tar.gz');
    await download(url, archive, sha256);
    const { status, stderr, error } = spawnSync('tar', ['-xzf', archive, '-C', scratch], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tar cannot unpack ${url}: ${error?.message ?? stderr.trim()}`);
    // Another run may have been quicker; its folder is as good.
    await rename(join(scratch, 'go'), target).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code !== 'ENOTEMPTY' && fault.code !== 'EEXIST') throw fault;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return command;
}

async function download(url: string, file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  try {
    const response = await fetch(url);
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    await pipeline(
      Readable.fromWeb(response.body),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(file),
    );
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${url} cannot be downloaded: ${cause instanceof Error ? cause.message : message}`);
  }
  const found = hash.digest('hex');
  if (found !== sha256)
    throw new Error(`${url} is not what it should be: its SHA-256 is ${found}, not ${sha256}`);
}
