/**
 * A cluster for whoever has Docker and kind: `node launcher.js hack/kind/main.ts up`. It builds the images of this
 * checkout and those of the tests, loads them, and says what to set so that `npm test -- test/cluster` runs there. `down`
 * removes the cluster. `KIND_NODE_IMAGE` names the image of another version of Kubernetes than kind's own; an image of the
 * tests that a variable names already is not made.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath } from '../api-server/binaries.ts';
import { IMAGES, imageName } from '../images/names.ts';
import { makeTestImages } from '../test-images/make.ts';
import { productImages } from '../test-images/variables.ts';
import { kindSteps, removal } from './steps.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const kubeconfig = join(root, '.keeptrusts/kind.kubeconfig');
const images = IMAGES.map((kind) => ({ name: imageName(kind), dockerfile: `${kind}/Dockerfile` }));

function run([program = '', ...args]: readonly string[], stdout: 'inherit' | 'pipe' = 'inherit'): string {
  // Otherwise Docker adds an attestation, for whose content kind then looks in vain (kind issue 3795).
  const env = { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  const done = spawnSync(program, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'inherit'],
  });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')} failed; its own message is above`);
  return done.stdout ?? '';
}

async function up(): Promise<void> {
  const { set, archives } = await makeTestImages(process.env);
  const clusters = run(['kind', 'get', 'clusters'], 'pipe').split('\n');
  mkdirSync(dirname(kubeconfig), { recursive: true });
  const nodeImage = process.env['KIND_NODE_IMAGE'];
  for (const step of kindSteps({ clusters, kubeconfig, images, archives, nodeImage })) run(step);
  const product = IMAGES.map((kind) => `${productImages[kind]}=${imageName(kind)}`);
  console.log(`\n  export TEST_KUBECONFIG=${kubeconfig} KUBECONFIG=${kubeconfig}`);
  for (const variable of [...product, ...set]) console.log(`  export ${variable}`);
  console.log('  KT_TIERS=node npm test -- test/cluster\n');
}

function down(): void {
  run(removal);
  rmSync(kubeconfig, { force: true });
}

async function main(command: string | undefined): Promise<void> {
  if (command !== 'up' && command !== 'down') throw new Error('Usage: hack/kind/main.ts up|down');
  const missing = ['docker', 'kind'].filter((name) => onPath(name, process.env['PATH'] ?? '') === null);
  if (missing.length > 0)
    throw new Error(
      `${missing.join(' and ')} cannot be found. Install Docker and kind (https://kind.sigs.k8s.io), ` +
        'or use npm run cluster:up, which needs neither.',
    );
  if (command === 'up') await up();
  else down();
}

try {
  await main(process.argv[2]);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
