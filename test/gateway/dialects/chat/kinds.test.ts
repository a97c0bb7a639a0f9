import { expect } from 'chai';
import type { CompiledEntry } from '../../../../gateway/config/plan.ts';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import { inspectTexts } from '../../../../gateway/pipeline/entries.ts';
import { createStreamGuard } from '../../../../gateway/pipeline/stream-guard.ts';
import { entryOf, testEnv } from '../../pipeline/fixtures.ts';
import { compile, kindOf } from '../../policies/compile.ts';
import { type Recording, readRecordings } from './recordings.ts';
import { expectSameAsWhole } from './streams.ts';

function built(kind: string, settings: object): CompiledEntry {
  const entry = entryOf(compile(kind, settings), { kind, id: kind });
  return { ...entry, kind: { ...entry.kind, streaming: kindOf(kind).streaming } };
}

/** The text kinds, enforcing. */
const entries = [
  built('pii-detector', {}),
  built('dlp-filter', { blocked_terms: ['Project Falcon'], fuzzy_matching: true, action: 'block' }),
  built('response-rewriter', { rules: [{ name: 'tone', pattern: '\\bzzbird\\b', replacement: 'bird' }] }),
];

describe('chat recordings under the real kinds', function () {
  this.timeout(60_000);
  let answers: Recording[] = [];
  let streams: Recording[] = [];

  before(function () {
    const corpus = process.env['KT_CORPUS_DIR'];
    if (corpus === undefined) this.skip();
    ({ answers, streams } = readRecordings(corpus));
  });

  it('come back byte for byte in any pieces, delayed by few frames', () => {
    for (const { name, bytes } of streams) {
      const frames = bytes
        .toString()
        .split(/(?<=\n\n)/)
        .map((frame) => Buffer.from(frame));
      for (const pieces of [[bytes], frames, [...bytes].map((byte) => Buffer.from([byte]))]) {
        const guard = createStreamGuard({ ...testEnv(), entries });
        const channel = guard.channel.bind(guard);
        const stream = chat.openStream({ channel, dropUsageChunk: false, maxFrameBytes: 1 << 20 });
        const out: Buffer[] = [];
        let silent = 0;
        for (const piece of pieces) {
          out.push(stream.push(piece));
          silent = out[out.length - 1]!.length === 0 ? silent + 1 : 0;
          if (pieces === frames) expect(silent, name).to.be.at.most(8);
        }
        out.push(stream.end());
        expect(Buffer.concat(out).equals(bytes), name).to.equal(true);
      }
    }
  });

  it('have nothing to mask as whole answers either', () => {
    for (const { name, bytes } of answers) {
      const { edits, error } = inspectTexts(entries, 'output', chat.readAnswer(bytes).leaves, testEnv());
      expect([edits, error], name).to.deep.equal([[], null]);
    }
  });
});

describe('chat streams under the real kinds', () => {
  const snippets = [
    '123-45-6789',
    '123',
    '-45-',
    'jane.doe@example.com',
    '@example.com',
    '4111 1111 1111 1111',
    'AKIAIOSFODNN7EXAMPLE',
    'proj-1234',
    'Nightjarr',
    'zzbird',
    'Project ',
    ' ',
    'é😀',
    '"',
    '\\',
    '\n',
    'x',
  ];

  function expectKinds(chain: readonly CompiledEntry[]): void {
    expectSameAsWhole({
      snippets,
      edit: (leaves) => inspectTexts(chain, 'output', leaves, testEnv()).edits,
      open: () => {
        const guard = createStreamGuard({ ...testEnv(), entries: chain });
        return (leaf) => guard.channel(leaf);
      },
      numRuns: 300,
    });
  }

  it('say what the whole answer says', () => {
    expectKinds([
      built('pii-detector', {}),
      built('dlp-filter', {
        detect_patterns: ['AKIA[0-9A-Z]{16}', '\\bproj-\\d{1,6}\\b'],
        blocked_terms: ['Nightjar'],
        fuzzy_matching: true,
      }),
    ]);
  });

  it('say it too where a rewriter replaces, prepends and appends', () => {
    const rules = [
      { name: 'tone', pattern: '\\bzzbird\\b', replacement: '123-45' },
      { name: 'first', position: 'prepend', replacement: '(model) ' },
      { name: 'note', position: 'append', replacement: ' (checked)' },
    ];
    expectKinds([built('response-rewriter', { rules }), built('pii-detector', {})]);
  });

  it('say it too where a pattern has no longest match', () => {
    expectKinds([built('dlp-filter', { detect_patterns: ['x\\s*\\w+'] }), built('pii-detector', {})]);
  });
});
