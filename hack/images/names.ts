import manifest from '../../package.json' with { type: 'json' };

/** The workspaces that run in containers. */
export const IMAGES = ['gateway', 'operator'] as const;

export type ImageKind = (typeof IMAGES)[number];

/** The name of an image of this release, with its tag. */
export function imageName(kind: ImageKind): string {
  return `keeptrusts/${kind}:${manifest.version}`;
}
