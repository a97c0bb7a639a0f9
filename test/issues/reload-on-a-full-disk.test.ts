import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { configOf, planOf } from '../fakes/plan.ts';
import { built } from '../gateway/policies/built.ts';

/** A policy config that could not be archived ended the process that had just taken it. */
describe('issue: a reload while nothing can be written to the archive', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway.close());

  it('puts the new policies in force', async () => {
    const archive = join(gateway.stateDir, 'revisions');
    rmSync(archive, { recursive: true });
    writeFileSync(archive, 'no folder');
    expect((await gateway.chat(ask('Project Falcon'))).status).to.equal(200);
    const stricter = planOf(configOf([{ id: 'mock', provider: 'mock' }]), [
      built('dlp-filter', { blocked_terms: ['Project Falcon'], action: 'block' }),
    ]);
    gateway.plans.swap({ ...stricter, revision: { number: 2, hash: `sha256:${'2'.repeat(64)}` } });
    expect((await gateway.chat(ask('Project Falcon'))).status).to.equal(403);
    expect((await gateway.lastEvent()).revision.number).to.equal(2);
  });
});
