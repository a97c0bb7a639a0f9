import { expect } from 'chai';
import { Malformed } from '../../../operator/kube/decode.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import { resourceOf } from '../../../operator/kube/resources.ts';
import { readEvents, type WatchEvent } from '../../../operator/kube/watch-events.ts';
import { rawConfigMap } from '../../fakes/kube-objects.ts';

async function read(...lines: unknown[]): Promise<WatchEvent[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (const line of lines)
      yield Buffer.from(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  }
  const events: WatchEvent[] = [];
  for await (const event of readEvents(stream(), resourceOf('ConfigMap'))) events.push(event);
  return events;
}

const failure = (...lines: unknown[]): Promise<unknown> =>
  read(...lines).then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('events of a watch', () => {
  it('are changes with their object, and bookmarks with their version', async () => {
    const events = await read(
      { type: 'ADDED', object: rawConfigMap('a', '5') },
      '',
      { type: 'MODIFIED', object: rawConfigMap('a', '6') },
      { type: 'DELETED', object: rawConfigMap('a', '7') },
      { type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { resourceVersion: '900' } } },
    );
    const told = events.map((event) => [
      event.type,
      event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion,
    ]);
    expect(told).to.deep.equal([
      ['ADDED', '5'],
      ['MODIFIED', '6'],
      ['DELETED', '7'],
      ['BOOKMARK', '900'],
    ]);
  });

  it('end with the error that the server tells of in one', async () => {
    const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' };
    const error = await failure({ type: 'ERROR', object: gone });
    expect(error).to.be.instanceOf(KubeError);
    expect((error as KubeError).isGone).to.equal(true);
    expect((error as KubeError).message).to.include('too old resource version');
  });

  it('take an error without a code for a fault of the server', async () => {
    const error = await failure({ type: 'ERROR' });
    expect((error as KubeError).status).to.equal(500);
  });

  const malformed: [string, unknown][] = [
    ['no JSON', '{"type":"ADDED","object":{"data":{"secret":"s3cret"'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['a type that nobody knows', { type: 'RENAMED', object: rawConfigMap('a', '5') }],
    ['no type', { object: rawConfigMap('a', '5') }],
    ['no object in it', { type: 'ADDED' }],
    ['no metadata', { type: 'ADDED', object: { kind: 'ConfigMap' } }],
    ['no name', { type: 'ADDED', object: { metadata: { uid: 'u', resourceVersion: '1' } } }],
    ['no uid', { type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '1' } } }],
    ['no version', { type: 'ADDED', object: { metadata: { name: 'a', uid: 'u' } } }],
    ['another kind', { type: 'ADDED', object: { ...rawConfigMap('a', '5'), kind: 'Secret' } }],
    ['a bookmark of nothing', { type: 'BOOKMARK', object: { metadata: {} } }],
  ];
  for (const [what, line] of malformed) {
    it(`are refused, not dropped: ${what}`, async () => {
      const error = await failure(line);
      expect(error).to.be.instanceOf(Malformed);
      expect((error as Error).message).to.not.include('s3cret');
    });
  }
});
