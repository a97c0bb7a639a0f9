import fc from 'fast-check';
import { DEFAULT_FALLBACK } from '../../../gateway/contract/defaults.ts';
import type { Entry, PolicyConfig, SecretRef, Target } from '../../../gateway/contract/document.ts';

/** Names as documents hold them, words that YAML reads as something else among them. */
const id = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/),
  fc.constantFrom('null', 'true', 'no', '1e3', '0x10', '1.0', '2026-01-01', 'y'),
);
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }).filter((value) => value.isWellFormed()),
  fc.constantFrom(
    'a: b',
    '# x',
    "it's",
    '"quoted"',
    '- x',
    '',
    ' lead',
    'trail ',
    'two\nlines\n',
    '*a',
    '&a',
    '!t',
    '\t',
  ),
);
const printable = text.map((value) => value.replace(/\p{Cc}/gu, '') || 'x');

const secretRef: fc.Arbitrary<SecretRef> = fc.oneof(
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/).map((env) => ({ env })),
  fc.stringMatching(/^[a-z0-9]{1,20}$/).map((store) => ({ store })),
  fc.stringMatching(/^[a-z]{1,10}\/[a-z]{1,10}$/).map((file) => ({ file })),
);

const price = fc.stringMatching(/^(0|[1-9][0-9]{0,5})(\.[0-9]{1,9})?$/);
const modelName = fc.stringMatching(/^[A-Za-z0-9:./_-]{1,20}$/);

const target = (index: number): fc.Arbitrary<Target> =>
  fc.record(
    {
      id: id.map((value) => `t${index}.${value}`),
      provider: fc.constantFrom('openai', 'groq', 'my-own'),
      base_url: fc.constantFrom('https://a.example/v1', 'http://127.0.0.1:1/x'),
      secret_key_ref: secretRef,
      models: fc.uniqueArray(
        fc.record(
          {
            name: modelName,
            max_output_tokens: fc.integer({ min: 1, max: 9999 }),
            prices: fc.record({ input: price }),
          },
          { requiredKeys: ['name'] },
        ),
        { maxLength: 4, selector: ({ name }) => name },
      ),
      data_policy: fc.record(
        { zero_data_retention: fc.boolean(), retention_days: fc.nat(100) },
        { requiredKeys: [] },
      ),
      timeouts: fc.record({ connect_ms: fc.integer({ min: 1, max: 600000 }) }, { requiredKeys: [] }),
      rejects_stream_options: fc.boolean(),
    },
    { requiredKeys: ['id', 'provider'] },
  );

const settings = fc.oneof(
  fc.record({
    kind: fc.constant('dlp-filter'),
    settings: fc.record({
      blocked_terms: fc.uniqueArray(
        printable.filter((term) => term.trim() !== ''),
        { minLength: 1, maxLength: 4 },
      ),
      detect_patterns: fc.constantFrom([], ['[a-z]{2}#\\d'], ["it's: \\{x\\}"]),
      action: fc.constantFrom('redact', 'block'),
      fuzzy_matching: fc.boolean(),
      max_distance: fc.integer({ min: 0, max: 8 }),
      sensitivity_level: fc.constantFrom('standard', 'high', 'restricted'),
      apply_to: fc.constantFrom('input', 'output', 'both'),
    }),
  }),
  fc.record({
    kind: fc.constant('response-rewriter'),
    settings: fc.record({
      preserve_structure: fc.boolean(),
      rules: fc.array(
        fc.record({
          name: fc.constant('rule'),
          position: fc.constantFrom('prepend', 'append'),
          replacement: text,
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  }),
);

const entry = (index: number): fc.Arbitrary<Entry> =>
  fc
    .record({
      id: id.map((value) => `e${index}.${value}`),
      of: settings,
      mode: fc.constantFrom('observe' as const, 'guide' as const, 'enforce' as const),
      rest: fc.record(
        {
          fail_mode: fc.constantFrom('block' as const, 'allow' as const),
          block_status: fc.constantFrom(403 as const, 409 as const),
        },
        { requiredKeys: [] },
      ),
      source: fc.record(
        {
          level: fc.constantFrom('namespace' as const, 'override' as const, 'document' as const),
          namespace: id,
          name: id,
          generation: fc.nat(),
          index: fc.nat(500),
        },
        { requiredKeys: ['level', 'index'] },
      ),
    })
    .map(({ of, rest, ...given }) => ({ ...given, ...of, ...rest }) as Entry);

const several = <T>(of: (index: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.nat(4).chain((length) => fc.tuple(...Array.from({ length }, (_, index) => of(index))));

/** Configs as the operator and the reader make them. */
export const policyConfig: fc.Arbitrary<PolicyConfig> = fc
  .record(
    {
      contract: fc.constant(1),
      pack: fc.record(
        {
          name: printable,
          version: fc.constantFrom('1.0.0', '0.1.2-rc.1'),
          enabled: fc.boolean(),
          description: text,
        },
        { requiredKeys: ['name', 'version', 'enabled'] },
      ),
      revision: fc.record({ number: fc.integer({ min: 1 }), hash: fc.stringMatching(/^[0-9a-f]{64}$/) }),
      gateway: fc.record({ namespace: id, name: id }),
      providers: fc.record({
        targets: several(target),
        routing: fc.constant({ strategy: 'ordered' as const }),
        fallback: fc.constantFrom(
          { ...DEFAULT_FALLBACK },
          { enabled: false, triggers: [], max_fallback_attempts: 0 },
        ),
      }),
      chain: several(entry),
      unchained: fc.subarray(['audit-logger', 'pii-detector']),
      identity: fc.record(
        {
          anonymous: fc.boolean(),
          keys: fc.constantFrom([], [{ id: 'k', sha256: 'ab'.repeat(32), team: 'null' }]),
          trusted_headers: fc.constantFrom({ team: 'x-team' }, {}),
        },
        { requiredKeys: ['anonymous', 'keys'] },
      ),
      limits: fc.record(
        {
          max_body_bytes: fc.integer({ min: 1024, max: 1_073_741_824 }),
          max_response_bytes: fc.integer({ min: 1024, max: 1_073_741_824 }),
          fail_mode: fc.constantFrom('block' as const, 'allow' as const),
          on_spool_full: fc.constantFrom('block' as const, 'drop' as const),
          timeouts: fc.constantFrom({}, { total_ms: 1000 }),
        },
        { requiredKeys: ['max_body_bytes', 'max_response_bytes', 'on_spool_full', 'timeouts'] },
      ),
      control_plane: fc.constant({ url: 'https://keeptrusts.example:8080' }),
    },
    { requiredKeys: ['contract', 'pack', 'gateway', 'providers', 'chain', 'unchained', 'limits'] },
  )
  .map((config) => structuredClone(config) as unknown as PolicyConfig);
