import { expect } from 'chai';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import type { PatternVerdict } from '../../gateway/contract/patterns.ts';
import { createLinter, type PatternJudge } from '../../operator/domain/lint.ts';
import { systemClock as clock } from '../../operator/runtime/clock.ts';
import type { Manifest } from '../../operator/runtime/objects.ts';
import { controllersOver, storeIn } from '../fakes/controllers.ts';
import { eventually, TestFolder } from '../fakes/folder.ts';
import { policy, target } from '../fakes/resources.ts';

describe('patterns of some namespaces that take minutes to judge', () => {
  it('keep no gateway of another namespace waiting, and are in force when they are judged', async () => {
    const folder = new TestFolder();
    const verdicts = new Map<string, PatternVerdict>();
    const asked = new Map<string, PromiseWithResolvers<void>>();
    const patterns: PatternJudge = {
      known: (source) => verdicts.get(source) ?? null,
      judge(source) {
        const waiting = asked.get(source) ?? Promise.withResolvers<void>();
        asked.set(source, waiting);
        return waiting.promise;
      },
    };
    const store = storeIn(folder, clock);
    const governed = new Set<string>();
    store.cache.onChange(({ kind, namespace }) => kind === 'Deployment' && governed.add(namespace));
    const controllers = controllersOver(store, {
      clock,
      linter: createLinter({
        kinds: await loadKindContracts(),
        loneGateway: false,
        listen: '0.0.0.0:41002',
        patterns,
      }),
    });
    const mock = target('mock', { transport: 'Tls', rejectsStreamOptions: false });
    async function apply(namespace: string, settings: object): Promise<void> {
      const dlpFilter = { action: 'Block', blockedTerms: [], detectPatterns: [], ...settings };
      const entry = { name: 'e', kind: 'DlpFilter', dlpFilter };
      for (const object of [policy('p', { entries: [entry] }), mock]) {
        const manifest = object as unknown as Manifest;
        await store.apply({ ...manifest, metadata: { ...manifest.metadata, namespace } });
      }
    }
    controllers.gateway.start();
    try {
      const slow = Array.from({ length: 8 }, (_, index) => `slow-${index}`);
      for (const namespace of slow) await apply(namespace, { detectPatterns: [`${namespace}[0-9]`] });
      await apply('other', { blockedTerms: ['Project Falcon'] });
      await eventually(() => governed.has('other'), 'the gateway of the other namespace', 5000);
      expect([...governed]).to.deep.equal(['other']);
      await eventually(() => asked.size === slow.length, 'a question for each pattern');
      for (const [source, { resolve }] of asked) {
        verdicts.set(source, { ok: false, error: 'refused' });
        resolve();
      }
      await eventually(() => governed.size === slow.length + 1, 'the gateways of all');
    } finally {
      await controllers.gateway.stop();
      folder.remove();
    }
  });
});
