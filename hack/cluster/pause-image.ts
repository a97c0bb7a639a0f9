import { imageArchitecture, writeArchive, writeLayer } from '../images/archive.ts';
import { fileEntry } from '../images/tar.ts';
import { type Layout, PAUSE_IMAGE } from './layout.ts';

/** Writes the image that holds the namespaces of pods, from its program, and returns the file. */
export async function writePauseImage({ paths }: Layout, program: string): Promise<string> {
  const layer = await writeLayer(
    [await fileEntry('pause', program, 0o755)],
    `${paths.images}/pause-layer.tar`,
  );
  const file = `${paths.images}/pause.tar`;
  await writeArchive(
    {
      name: PAUSE_IMAGE,
      layers: [layer],
      config: { user: '65535:65535', entrypoint: ['/pause'] },
      architecture: imageArchitecture(process.arch),
    },
    file,
  );
  return file;
}
