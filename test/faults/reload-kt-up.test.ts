import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createKey } from '../../gateway/contract/key-format.ts';
import type { DecisionEvent } from '../../gateway/events/event.ts';
import { ask } from '../fakes/gateway.ts';
import { KtUp, policyResource, targetResource } from '../fakes/kt-up.ts';
import { Load } from '../fakes/load.ts';
import { completion, FakeUpstream, json, textStream } from '../fakes/upstream.ts';
import { expectGoverned, termOf } from './governed.ts';

const PER_SECOND = 200;
const EDITS = 10;

describe('edits of a resource file under load', function () {
  this.timeout(120_000);
  const key = createKey(randomBytes);
  let upstream: FakeUpstream;
  let up: KtUp;

  before(async () => {
    upstream = await FakeUpstream.start((response, seen, socket) => {
      const script = seen.body.includes('"stream":true')
        ? textStream(['An ', 'answer.'])
        : json(200, completion('An answer.'));
      return script(response, seen, socket);
    });
    up = new KtUp();
    up.write('target.yaml', targetResource(upstream.url));
    up.write('policy.yaml', blocking('Falcon'));
    await up.start();
  });
  after(async () => {
    await up.remove();
    await upstream.close();
  });

  const blocking = (term: string): object =>
    policyResource({
      identity: { anonymousCallers: 'Denied', keys: [{ id: key.id, sha256: key.sha256, team: 'red' }] },
      entries: [
        { name: 'pii', kind: 'PiiDetector', piiDetector: { action: 'Redact' } },
        { name: 'dlp', kind: 'DlpFilter', dlpFilter: { action: 'Block', blockedTerms: [term] } },
      ],
    });

  /** Hash of the revision that the gateway says it enforces. */
  async function enforced(): Promise<string> {
    const { instances } = (await up.api('/v1/instances')) as { instances: { revision: { hash: string } }[] };
    return instances[0]!.revision.hash;
  }

  it(`check 60: none of ${PER_SECOND} requests a second fails or goes ungoverned over ${EDITS} edits through kt up`, async () => {
    const load = new Load({
      perSecond: PER_SECOND,
      send: (id, stream) =>
        fetch(`${up.url}/v1/chat/completions`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${key.value}`,
            'x-request-id': id,
          },
          body: JSON.stringify(ask(`about ${termOf(id)}`, stream ? { stream } : {})),
        }),
    });
    const times: number[] = [];
    for (let edit = 0; edit < EDITS; edit += 1) {
      const before = await enforced();
      if (edit % 3 === 2) {
        up.write('policy.yaml', 'kind: [unclosed');
        await sleep(200);
        expect(await enforced()).to.equal(before);
      }
      const at = performance.now();
      up.write('policy.yaml', blocking(edit % 2 === 0 ? 'Osprey' : 'Falcon'));
      while ((await enforced()) === before) {
        if (performance.now() - at > 10_000) expect.fail(`edit ${edit} is not enforced\n${up.output}`);
        await sleep(10);
      }
      times.push(performance.now() - at);
    }
    const results = await load.stop();
    await up.stored(results.length);
    const events = new Map(
      (await up.events<DecisionEvent>()).map((event): [string, DecisionEvent] => [event.id, event]),
    );
    expect(events.size).to.equal(results.length);

    // The archive says what each revision of an event was.
    const revisions = new Map<string, string>();
    for (const hash of new Set([...events.values()].map(({ revision }) => revision.hash))) {
      const archived = JSON.stringify(await up.api(`/v1/configurations/${hash}`));
      revisions.set(hash, archived.includes('Osprey') ? 'Osprey' : 'Falcon');
      expect(archived.includes('Osprey') && archived.includes('Falcon')).to.equal(false);
    }
    expectGoverned(results, events, revisions);
    expect(
      times.every((ms) => ms < 2_000),
      `edits took ${times.map(Math.round).join(', ')} ms`,
    ).to.equal(true);
  });
});
