import { expect } from 'chai';
import type { DecisionEvent } from '../../gateway/events/event.ts';
import type { LoadResult } from '../fakes/load.ts';

const TERMS = ['Osprey', 'Falcon', 'Sparrow'];

/** What the request with this id speaks of. */
export function termOf(id: string): string {
  const pair = Math.floor(Number(id.slice(id.lastIndexOf('-') + 1)) / 2);
  return TERMS[pair % TERMS.length]!;
}

/**
 * Each request was answered by the revision that its event names: blocked where that revision blocks the request's
 * term, and served in full otherwise. `revisions` says which term each blocks, by hash.
 */
export function expectGoverned(
  results: readonly LoadResult[],
  events: ReadonlyMap<string, Pick<DecisionEvent, 'revision' | 'status' | 'request_id'>>,
  revisions: ReadonlyMap<string, string>,
): void {
  const seen = new Set<string>();
  for (const { id, status, eventId, text, stream } of results) {
    const event = events.get(eventId ?? '');
    expect(event, `${id}: status ${status}, ${text}`).to.not.equal(undefined);
    expect(event!.request_id).to.equal(id);
    const blocks = revisions.get(event!.revision.hash);
    expect(blocks, `${id}: an unknown revision`).to.not.equal(undefined);
    const wanted = blocks === termOf(id) ? 403 : 200;
    expect([status, event!.status], `${id} by the revision that blocks ${blocks}`).to.deep.equal([
      wanted,
      wanted,
    ]);
    if (wanted === 200 && stream) expect(text!.endsWith('data: [DONE]\n\n'), id).to.equal(true);
    else expect(text, id).to.contain(wanted === 200 ? '"choices"' : 'policy_violation');
    seen.add(`${wanted} ${termOf(id)}`);
  }
  // Both revisions were at work on both of their terms.
  expect([...seen].sort()).to.deep.equal([
    '200 Falcon',
    '200 Osprey',
    '200 Sparrow',
    '403 Falcon',
    '403 Osprey',
  ]);
}
