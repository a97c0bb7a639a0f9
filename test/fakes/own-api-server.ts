import type { Context } from 'mocha';
import { type Binaries, binariesIn } from '../../hack/api-server/binaries.ts';
import { testCluster } from './kubectl.ts';

/** Binaries for a server of the test's own; skips the test where the tier uses a cluster and has none. */
export function ownBinaries(test: Context): Binaries {
  const binaries = binariesIn(testCluster().bin);
  if (!('etcd' in binaries)) return test.skip();
  return binaries;
}
