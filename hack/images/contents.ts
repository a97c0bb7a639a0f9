import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageSpec } from './archive.ts';
import type { ImageKind } from './names.ts';

/** The checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where the program lies in an image, and its packages beside it. */
export const APP = '/app';
/** Compiled code of the program, below `APP` since it is found by paths relative to it. */
export const COMPILED = `${APP}/.compiled`;
/** Owns no file of the image: whoever takes over the process can change nothing in it. */
export const USER = { name: 'nonroot', id: 65532 } as const;

/** The layers of an image, from the one that changes least. */
export const PARTS = ['base', 'packages', 'app', 'compiled'] as const;

export type Part = (typeof PARTS)[number];

/** What of a build belongs into an image: the folders that its program imports from. */
export const FOLDERS: Readonly<Record<ImageKind, readonly string[]>> = {
  gateway: ['gateway'],
  // Of the gateway it reads the contract, the kinds and the manifest. With --local-gateways it starts the rest, too.
  operator: ['operator', 'crds', 'gateway'],
};

/** How containers of an image start, unless their pod says otherwise. The Dockerfiles say the same. */
export function containerConfig(kind: ImageKind): ImageSpec['config'] {
  return {
    user: `${USER.id}:${USER.id}`,
    entrypoint: ['/usr/bin/node', ...nodeFlags(kind), `${APP}/${kind}/main.js`],
    env: {
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: COMPILED,
      NODE_COMPILE_CACHE_PORTABLE: '1',
    },
    workingDir: APP,
    labels: {
      'org.opencontainers.image.title': `keeptrusts-${kind}`,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  };
}

/** The flags of Node that a workspace's process is measured with. */
export function nodeFlags(kind: ImageKind): readonly string[] {
  const manifest: { config?: { nodeFlags?: string[] } } = JSON.parse(
    readFileSync(join(root, kind, 'package.json'), 'utf8'),
  );
  return manifest.config?.nodeFlags ?? [];
}
