/** Makes the images of this checkout as archives: `npm run images [-- gateway|operator] [--out FOLDER]`. */
import { join, resolve } from 'node:path';
import { readArguments } from '../arguments.ts';
import { type BuiltImage, buildImages } from './build.ts';
import { PARTS, root } from './contents.ts';
import { IMAGES, type ImageKind } from './names.ts';

const { values, positionals } = readArguments({
  options: { out: { type: 'string', default: join(root, 'dist/images') } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !IMAGES.includes(name as ImageKind));
if (unknown !== undefined) {
  process.stderr.write(`there is no image '${unknown}': there are ${IMAGES.join(' and ')}.\n`);
  process.exit(2);
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function tell({ name, id, file, size, layers }: BuiltImage): string {
  const compressed = PARTS.reduce((sum, part) => sum + layers[part].compressed, 0);
  return [
    `${name}  ${mb(size)}, ${mb(compressed)} compressed  sha256:${id.slice(0, 12)}`,
    ...PARTS.map((part) => {
      const layer = layers[part];
      return `  ${part.padEnd(9)} ${mb(layer.size).padStart(9)} ${mb(layer.compressed).padStart(9)}  ${layer.isNew ? 'made now' : 'from the cache'}`;
    }),
    `  ${file}`,
  ].join('\n');
}

try {
  const images = await buildImages({
    kinds: positionals.length === 0 ? IMAGES : IMAGES.filter((kind) => positionals.includes(kind)),
    out: resolve(values.out),
    env: process.env,
    say: (line) => console.log(line),
  });
  console.log(images.map(tell).join('\n'));
  console.log(`Load them with 'docker load -i FILE' or 'ctr -n k8s.io images import FILE'.`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
