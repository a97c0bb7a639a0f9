import { expect } from 'chai';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { readPolicyConfig } from '../../../gateway/contract/read.ts';
import { createConfigWriter } from '../../../gateway/contract/write.ts';
import { decide } from '../../../operator/domain/decide.ts';
import { createLinter } from '../../../operator/domain/lint.ts';
import type { Policy } from '../../../operator/domain/snapshot.ts';
import { cpuTime } from '../../fakes/cpu-time.ts';
import { policy, snapshot, target } from './builders.ts';

/** 64 entries each; eight have 512, as many as a document may hold. */
const policies = (count = 8): Policy[] =>
  Array.from({ length: count }, (_, p) =>
    policy(`p${p}`, {
      entries: Array.from({ length: 64 }, (_, e) => ({
        name: `e${e}`,
        kind: 'DlpFilter' as const,
        dlpFilter: { action: 'Block' as const, blockedTerms: ['Project Falcon', `secret ${p} ${e}`] },
      })),
    }),
  );

describe('deciding the largest document', () => {
  it('gives what a gateway reads, and remembers what did not change', async () => {
    const kinds = await loadKindContracts();
    let written = 0;
    const write = createConfigWriter();
    const tools = {
      linter: createLinter({ kinds, loneGateway: false, listen: '127.0.0.1' }),
      write: (config: Parameters<typeof write>[0]) => {
        written += 1;
        return write(config);
      },
    };
    const all = policies();
    const first = decide(snapshot({ policies: all, targets: [target('t')] }), tools);
    expect(first.refused).to.equal(null);
    expect(readPolicyConfig(first.document, { kinds }).problems).to.deep.equal([]);
    const next = snapshot({ policies: all, targets: [target('t')], previous: first.revision });
    let again = first;
    const took = await cpuTime(() => {
      again = decide(next, tools);
    });
    expect(again).to.deep.equal(first);
    expect(written).to.equal(2);
    // Some 16 ms on a busy machine, where it took 380 ms when the text was written and read back each time.
    expect(took).to.be.below(200);
  });

  it('says of 2,048 entries that they are too many, before anything is applied', async () => {
    const linter = createLinter({
      kinds: await loadKindContracts(),
      loneGateway: false,
      listen: '127.0.0.1',
    });
    const all = snapshot({ policies: policies(32), targets: [target('t')] });
    const { refused } = decide(all, { linter, write: createConfigWriter() });
    expect(refused).to.match(/^policies\.chain: E014 .*at most 512 items/);
  });
});
