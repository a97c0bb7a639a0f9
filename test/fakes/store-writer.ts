/** Applies changes to a local object store as fast as it can and says each that was acknowledged: DIR. */
import { writeSync } from 'node:fs';
import { ObjectStore } from '../../operator/local/object-store.ts';
import { silentLog } from '../../operator/runtime/log.ts';

const [dir = ''] = process.argv.slice(2);
const store = new ObjectStore(
  { dir },
  { clock: Date, uid: () => crypto.randomUUID(), log: silentLog, admit: (manifest) => manifest },
);
store.load();
for (let step = 0; ; step++) {
  const { metadata } = await store.apply({
    apiVersion: 'v1',
    kind: 'Widget',
    metadata: { name: `w${step % 3}`, namespace: 'a' },
    // Another content in each run, so that no step is what the one before left.
    spec: { run: process.pid, step, filling: 'x'.repeat(20_000) },
  });
  writeSync(1, `${metadata.name} ${metadata.uid} ${metadata.generation} ${metadata.resourceVersion}\n`);
}
