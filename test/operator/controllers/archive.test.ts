import { expect } from 'chai';
import {
  type Archive,
  fencedArchive,
  onlyNews,
  type Revision,
} from '../../../operator/controllers/archive.ts';

describe('archive of a control plane', () => {
  let kept: string[];
  let failure: Error | null;
  const archive: Archive = {
    async keepRevision({ number }) {
      if (failure !== null) throw failure;
      kept.push(`revision ${number}`);
    },
    async keepAccepted(namespace) {
      if (failure !== null) throw failure;
      kept.push(`accepted ${namespace}`);
    },
  };
  const revision = (number: number): Revision => ({
    namespace: 'team',
    gateway: 'default',
    number,
    hash: `sha256:${number}`,
    document: '',
    objects: [],
  });
  const spec = (generation: number) => ({
    kind: 'GovernancePolicy' as const,
    namespace: 'team',
    name: 'p',
    uid: 'u',
    generation,
    spec: {} as never,
  });
  const failed = (work: Promise<void>): Promise<string> =>
    work.then(
      () => '',
      (error: Error) => error.message,
    );

  beforeEach(() => {
    kept = [];
    failure = null;
  });

  it('is written once for what is news, and again for what failed', async () => {
    const news = onlyNews(archive);
    await news.keepRevision(revision(1));
    await news.keepRevision(revision(1));
    failure = new Error('away');
    expect(await failed(news.keepRevision(revision(2)))).to.equal('away');
    failure = null;
    await news.keepRevision(revision(2));
    await news.keepAccepted('team', [spec(1)]);
    await news.keepAccepted('team', [spec(1)]);
    await news.keepAccepted('team', [spec(2)]);
    expect(kept).to.deep.equal(['revision 1', 'revision 2', 'accepted team', 'accepted team']);
  });

  it('is written once more for what was last heard of ten thousand namespaces ago', async () => {
    const news = onlyNews(archive);
    await news.keepAccepted('team', [spec(1)]);
    for (let n = 1; n < 10_000; n++) await news.keepAccepted(`run-${n}`, []);
    await news.keepAccepted('team', [spec(1)]);
    expect(kept).to.have.length(10_000);
    await news.keepAccepted('run-10000', []);
    await news.keepAccepted('team', [spec(1)]);
    expect(kept.at(-1)).to.equal('accepted team');
    expect(kept).to.have.length(10_002);
  });

  it('is not written by a process that may not act', async () => {
    let allowed = true;
    const fenced = fencedArchive(archive, () => allowed);
    await fenced.keepRevision(revision(1));
    allowed = false;
    expect(await failed(fenced.keepRevision(revision(2)))).to.contain('does not hold the lease');
    expect(await failed(fenced.keepAccepted('team', []))).to.contain('does not hold the lease');
    expect(kept).to.deep.equal(['revision 1']);
  });
});
