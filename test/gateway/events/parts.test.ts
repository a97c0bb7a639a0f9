import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { duplicateKey } from '../../../gateway/contract/duplicate-keys.ts';
import { checkEvent } from '../../../gateway/contract/event-check.ts';
import { interruptedEvent } from '../../../gateway/events/control-events.ts';
import { fitEvent, MAX_EVENT_BYTES } from '../../../gateway/events/fit.ts';
import { createEventIds, createUlids } from '../../../gateway/events/ids.ts';
import { recordHeads } from '../../../gateway/events/record.ts';
import { openRevisions } from '../../../gateway/events/revisions.ts';
import { createTokens, fileTokenKeys } from '../../../gateway/events/tokens.ts';
import { begin, decision, tempFolder } from './fixtures.ts';

const NOON = Date.UTC(2026, 10, 24, 12);

describe('ids of events', () => {
  it('are unique and sort by the order they were made in, also while the clock stands or steps back', () => {
    let now = NOON;
    const ulid = createUlids({ clock: () => now, random: randomBytes });
    const made: string[] = [];
    for (let count = 0; count < 5000; count += 1) {
      now += count % 50 === 0 ? 3 : count % 70 === 0 ? -5 : 0;
      made.push(ulid());
    }
    expect(made.toSorted()).to.deep.equal(made);
    expect(new Set(made).size).to.equal(made.length);
    expect(made[0]).to.match(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  it('carry the time, and follow a clock that was wrong by years', () => {
    let now = 1_469_918_176_385;
    const id = createEventIds({ clock: () => now, random: () => new Uint8Array(16) });
    expect(id()).to.equal('evt_01ARYZ6S410000000000000000');
    expect(id()).to.equal('evt_01ARYZ6S410000000000000001');
    now -= 10 * 365 * 86_400_000;
    expect(id() < 'evt_01ARYZ6S410000000000000000').to.equal(true);
  });
});

describe('tokens', () => {
  let folder: ReturnType<typeof tempFolder>;
  beforeEach(() => {
    folder = tempFolder();
  });
  afterEach(() => folder.remove());

  it('are equal within a month and over restarts, and tell nothing across months or kinds', () => {
    const open = () => createTokens(fileTokenKeys({ dir: join(folder.dir, 'keys'), random: randomBytes }));
    const tokens = open();
    const first = tokens.user('alice@example.com', NOON);
    expect(first).to.match(/^usr_[\w-]{22}$/);
    expect(tokens.user('alice@example.com', NOON + 1)).to.equal(first);
    expect(open().user('alice@example.com', NOON)).to.equal(first);
    expect(tokens.user('bob@example.com', NOON)).to.not.equal(first);
    expect(tokens.client('alice@example.com', NOON)!.slice(4)).to.not.equal(first!.slice(4));
    const december = NOON + 10 * 86_400_000;
    expect(tokens.user('alice@example.com', december)).to.not.equal(first);
    expect(tokens.keyId(NOON)).to.match(/^tk_2026-11_[0-9a-f]{8}$/);
    expect(tokens.keyId(december)).to.match(/^tk_2026-12_/);
    expect(tokens.user('alice@example.com', NOON)).to.equal(first);
    expect(tokens.user(null, NOON)).to.equal(null);
  });

  it('come from keys that only the owner reads, and cannot be made again once a key is deleted', () => {
    const dir = join(folder.dir, 'keys');
    const token = createTokens(fileTokenKeys({ dir, random: randomBytes })).user('alice', NOON);
    const [file] = readdirSync(dir);
    expect(statSync(join(dir, file!)).mode & 0o777).to.equal(0o600);
    const keys = fileTokenKeys({ dir: join(folder.dir, 'others'), random: randomBytes });
    expect(createTokens(keys).user('alice', NOON)).to.not.equal(token);
    writeFileSync(join(dir, file!), '{"id":"x","key":"AA=="}');
    expect(() => fileTokenKeys({ dir, random: randomBytes }).at(NOON)).to.throw(/damaged/);
  });

  it('key the hashes of content', () => {
    const tokens = createTokens(fileTokenKeys({ dir: folder.dir, random: randomBytes }));
    const other = createTokens({ at: () => ({ id: 'k', key: new Uint8Array(32) }) });
    expect(tokens.contentMac('yes', NOON)).to.match(/^mac:[0-9a-f]{64}$/);
    expect(tokens.contentMac('yes', NOON)).to.not.equal(other.contentMac('yes', NOON));
    expect(tokens.contentMac('yes', NOON)).to.equal(tokens.contentMac(Buffer.from('yes'), NOON));
  });
});

describe('archive of revisions', () => {
  it('keeps what an event may name, over restarts and torn lines, and deletes the rest', () => {
    const folder = tempFolder();
    const day = 86_400_000;
    let archive = openRevisions(folder.dir);
    archive.put({ hash: 'sha256:aaaaaaaa', number: 1 }, 'first: é\n', NOON);
    archive.put({ hash: 'sha256:aaaaaaaa', number: 1 }, 'first: é\n', NOON + 5);
    archive.put({ hash: 'sha256:bbbbbbbb', number: 2 }, 'second', NOON + day);
    writeFileSync(join(folder.dir, 'index.jsonl'), '{"at":17', { flag: 'a' });
    archive = openRevisions(folder.dir);
    archive.put({ hash: 'sha256:cccccccc', number: 3 }, 'third', NOON + 2 * day);
    archive = openRevisions(folder.dir);
    archive.prune(NOON + 1.5 * day);
    expect(archive.get('sha256:aaaaaaaa')).to.equal('first: é\n');
    archive.prune(NOON + 2.5 * day);
    expect(archive.get('sha256:aaaaaaaa')).to.equal(null);
    expect(archive.get('sha256:bbbbbbbb')).to.equal('second');
    archive.prune(NOON + 400 * day);
    expect(openRevisions(folder.dir).get('sha256:bbbbbbbb')).to.equal(null);
    expect(openRevisions(folder.dir).get('sha256:cccccccc')).to.equal('third');
    expect(archive.get('../../etc/passwd')).to.equal(null);
    folder.remove();
  });
});

describe('size of a record', () => {
  const identity = { stream: '01JD0000000000000000000000', namespace: 'a', gateway: 'b', instance: 'c' };
  const check = (json: string): string | null =>
    checkEvent(Buffer.from(recordHeads(identity)(0, '') + json.slice(1)));

  it('an event that fits is written as it is', () => {
    const event = decision();
    expect(fitEvent(event)).to.equal(JSON.stringify(event));
    expect(check(fitEvent(event))).to.equal(null);
    expect(check(JSON.stringify(interruptedEvent(begin(event))))).to.equal(null);
  });

  it('one that does not is cut, counted and still valid', () => {
    const base = decision();
    const finding = { type: 'email', field: 'messages[0].content', offset: 1, length: 2 };
    const entry = {
      ...base.entries[0]!,
      phases: [
        {
          ...base.entries[0]!.phases[0]!,
          findings: Array.from({ length: 64 }, () => finding),
          findings_more: 3,
        },
      ],
    };
    const skipped = Array.from({ length: 3000 }, (_, index) => ({
      path: `a.${index}`,
      bytes: 9,
      reason: 'id',
    }));
    const many = decision({
      entries: Array.from({ length: 30 }, () => entry),
      coverage: { ...base.coverage, skipped },
      requested_model: '😀'.repeat(20_000),
    });
    const json = fitEvent(many);
    const read = JSON.parse(json);
    expect(Buffer.byteLength(json)).to.be.at.most(MAX_EVENT_BYTES);
    expect(check(json)).to.equal(null);
    expect(read.cut).to.equal(true);
    const [phase] = read.entries[0].phases;
    expect(phase.findings.length + phase.findings_more).to.equal(67);
    expect(read.coverage.skipped.length + read.coverage.skipped_more).to.equal(3000);
    const huge = decision({
      entries: Array.from({ length: 900 }, () => ({ ...entry, version: 'x'.repeat(300) })),
      facts: { big: 'y'.repeat(100_000) },
      attempts: Array.from({ length: 900 }, () => base.attempts[0]!),
    });
    expect(Buffer.byteLength(fitEvent(huge))).to.be.at.most(MAX_EVENT_BYTES);
    expect(check(fitEvent(huge))).to.equal(null);
  });
});

describe('check of a record', () => {
  const good = (): Record<string, unknown> => {
    const identity = { stream: '01JD0000000000000000000000', namespace: 'a', gateway: 'b', instance: 'c' };
    return JSON.parse(
      recordHeads(identity)(4, `sha256:${'0'.repeat(64)}`) + JSON.stringify(decision()).slice(1),
    );
  };
  const check = (value: unknown): string | null => checkEvent(Buffer.from(JSON.stringify(value)));

  it('keeps fields and kinds that it does not know', () => {
    expect(check({ ...good(), later: { any: 1 } })).to.equal(null);
    expect(check({ ...good(), kind: 'stream.closed' })).to.equal(null);
  });

  it('refuses each wrong or missing field, and never repeats a value', () => {
    const wrong: [string, unknown][] = [
      ['schema', 2],
      ['seq', -1],
      ['seq', 1.5],
      ['stream', 'canary'],
      ['prev_hash', 'canary'],
      ['id', 'canary'],
      ['ts', '2026-11-24'],
      ['verdict', 'canary'],
      ['status', 42],
      ['cost_nanos', 0.5],
      ['usage', { input: -1, source: 'provider' }],
      ['entries', [{}]],
      ['user_token', undefined],
    ];
    for (const [field, value] of wrong) {
      const problem = check({ ...good(), [field]: value });
      expect(problem, field).to.be.a('string');
      expect(problem).to.not.include('canary');
    }
    expect(checkEvent(Buffer.from([0x7b, 0xff, 0x7d]))).to.match(/UTF-8/);
    expect(check({ ...good(), facts: 'x'.repeat(70_000) })).to.match(/at most 65535/);
  });

  it('finds a key said twice in any JSON text, and in no other', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (json) => {
        expect(duplicateKey(json)).to.equal(null);
        expect(duplicateKey(`[{"a":${json}},{"a":[${json},"a"]}]`)).to.equal(null);
        expect(duplicateKey(`{"k\\\\":1,"a":${json},"b":{"a":2},"\\u0061":3}`)).to.equal('a');
      }),
      { numRuns: 300 },
    );
  });
});

describe('the schema file', () => {
  it('describes every field of the identity', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../../gateway/contract/event.schema.json', import.meta.url), 'utf8'),
    );
    expect(schema.required).to.include.members([
      'schema',
      'stream',
      'seq',
      'prev_hash',
      'namespace',
      'gateway',
    ]);
    expect(schema.additionalProperties).to.equal(undefined);
  });
});
