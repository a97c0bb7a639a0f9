/**
 * The operator over many namespaces, on an API server of its own: `npm run scale [-- --namespaces N]`. Prints one row a
 * step; `docs/performance.md` keeps them.
 */

import { crds } from '../api-server/crds.ts';
import { freePorts } from '../api-server/ports.ts';
import { findSource, obtainBinaries } from '../api-server/source.ts';
import { startApiServer } from '../api-server/start.ts';
import { readArguments } from '../arguments.ts';
import { measureScale } from './measure.ts';

const { values } = readArguments({ options: { namespaces: { type: 'string', default: '200' } } });
const size = { namespaces: Number(values.namespaces), policies: 5, targets: 2 };
/** Milliseconds for one step. */
const LIMIT_MS = 600_000;

// A cluster of one's own may hold what is not ours.
const source = findSource({ ...process.env, TEST_KUBECONFIG: undefined });
if (source.from === 'nowhere' || source.from === 'cluster') throw new Error('an API server cannot run here');
const { binaries } = await obtainBinaries(source, process.env, console.log);
const server = await startApiServer({ binaries, manifests: crds });
try {
  const { namespaces, policies, targets } = size;
  console.log(`${namespaces} namespaces, ${namespaces * policies} policies, ${namespaces * targets} targets`);
  const [port] = (await freePorts(1)) as [number];
  for (const { name, ms, requests, memory, cpu } of await measureScale(
    server.kubeconfig,
    port,
    size,
    LIMIT_MS,
  )) {
    const asked = Object.entries(requests).map(([key, n]) => `${n} ${key}`);
    const figures = [
      `${(ms / 1000).toFixed(1)} s`,
      `${cpu.toFixed(2)} s CPU`,
      `${Math.round(memory / 1e6)} MB`,
    ];
    console.log(`| ${[name, ...figures, asked.join(', ') || 'none'].join(' | ')} |`);
  }
} finally {
  await server.stop();
}
process.exit(0);
