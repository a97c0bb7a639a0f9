/**
 * Changes to a valid object that no single constraint of the schema stands for: metadata, nulls, numbers that are no
 * integers, several faults at once. What they must lead to is what an API server says, so nothing is expected here.
 */
type Target = Record<string, unknown> & { metadata: Record<string, unknown>; spec: Record<string, unknown> };
type Change = (object: Target) => void;

const meta = (fields: Record<string, unknown>): Change => {
  return (object) => Object.assign(object.metadata, fields);
};
const spec = (fields: Record<string, unknown>): Change => {
  return (object) => Object.assign(object.spec, fields);
};
const long = (text: string, times: number): string => text.repeat(times);

/** By name, for an object of any kind. */
export const metadataEdges: Readonly<Record<string, Change>> = {
  'no metadata': (object) => Reflect.deleteProperty(object, 'metadata'),
  'metadata that is text': (object) => Object.assign(object, { metadata: 'text' }),
  'an empty name': meta({ name: '' }),
  'a name that is a number': meta({ name: 5 }),
  'a name of 254 characters': meta({ name: long('a', 254) }),
  'a name with an underscore': meta({ name: 'a_b' }),
  'a name in capitals': meta({ name: 'A' }),
  'a name that ends with a dash': meta({ name: 'a-' }),
  'a name with two dots': meta({ name: 'a..b' }),
  'a name too long and in capitals': meta({ name: long('A', 260) }),
  'an unknown field of metadata': meta({ lables: { a: 'b' } }),
  'unknown fields in three places': (object) => {
    Object.assign(object.metadata, { lables: {} });
    Object.assign(object, { sepc: 1 });
    Object.assign(object.spec, { modus: 2 });
  },
  'a label key with a space': meta({ labels: { 'a b': 'c' } }),
  'a label key with a bad prefix': meta({ labels: { 'A_/b': 'c' } }),
  'a label key whose prefix has two dots': meta({ labels: { 'a..b/c': 'd' } }),
  'a label key with two slashes': meta({ labels: { 'a/b/c': 'c' } }),
  'an empty label key': meta({ labels: { '': 'c' } }),
  'a label key without a prefix before its slash': meta({ labels: { '/b': 'c' } }),
  'a label key without a name after its slash': meta({ labels: { 'a/': 'c' } }),
  'a label key of 64 characters': meta({ labels: { [long('k', 64)]: 'c' } }),
  'a label prefix of 254 characters': meta({ labels: { [`${long('a', 254)}/b`]: 'c' } }),
  'a label key that is wrong in four ways': meta({ labels: { [`${long('_', 254)}/${long('_', 64)}`]: 'd' } }),
  'labels in another alphabet': meta({ labels: { ключ: 'знач' } }),
  'a label with a space': meta({ labels: { a: 'c d' } }),
  'a label of 64 characters': meta({ labels: { a: long('c', 64) } }),
  'a label of 63 characters': meta({ labels: { a: long('c', 63) } }),
  'an empty label': meta({ labels: { a: '' } }),
  'a label that is a number': meta({ labels: { a: 5 } }),
  'a label that is null': meta({ labels: { a: null } }),
  'labels as a list': meta({ labels: ['a'] }),
  'labels that are null': meta({ labels: null }),
  'an annotation key in capitals': meta({ annotations: { 'Example.com/A': 'c' } }),
  'an annotation key with a space': meta({ annotations: { 'a b': 'c' } }),
  'an annotation that is a boolean': meta({ annotations: { a: true } }),
  'annotations of the greatest size': meta({ annotations: { a: long('x', 262_143) } }),
  'annotations beyond the greatest size': meta({ annotations: { a: long('é', 131_072) } }),
  'no spec': (object) => Reflect.deleteProperty(object, 'spec'),
  'a spec that is null': (object) => Object.assign(object, { spec: null }),
  'a spec that is empty': (object) => Object.assign(object, { spec: {} }),
};

const entry = (fields: Record<string, unknown>): Change =>
  spec({ entries: [{ name: 'a', kind: 'AuditLogger', auditLogger: {}, ...fields }] });
const keys = (fields: Record<string, unknown>): Change =>
  spec({ identity: { keys: [{ id: 'a', hash: `sha256:${long('0', 64)}`, ...fields }] } });

/** By kind and name. */
export const specEdges: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  GovernanceGateway: {
    ...Object.fromEntries(
      [3e9, -3e9, 2 ** 53, 9e18, 1e19, 1_048_576.5, 0.000_01].map((bytes) => [
        `a spool of ${bytes} bytes`,
        spec({ evidence: { spoolMaxBytes: bytes } }),
      ]),
    ),
    'replicas that are null': spec({ replicas: null }),
  },
  GovernancePolicy: {
    'a default that is null': spec({ mode: null }),
    'a list that is null': spec({ gateways: null }),
    'an item that is null': spec({ gateways: [null] }),
    'entries that are null': spec({ entries: [null, null] }),
    'gateways that are null': spec({ gateways: [null, null] }),
    'an entry without a kind': spec({ entries: [{ name: 'a' }] }),
    'entries that are no objects': spec({ entries: ['a', 5, null] }),
    'entries that are null or text': spec({ entries: [null, 'a'] }),
    'entries that are text or null': spec({
      entries: [{ name: 'a', kind: 'AuditLogger', auditLogger: {} }, null, 5],
    }),
    'entries without names': spec({ entries: [{ kind: 'AuditLogger' }, { kind: 'AuditLogger' }] }),
    'entries whose names are numbers': spec({
      entries: [5, 5].map((name) => ({ name, kind: 'AuditLogger', auditLogger: {} })),
    }),
    'the same entry three times': spec({
      entries: [1, 2, 3].map(() => ({ name: 'a', kind: 'AuditLogger', auditLogger: {} })),
    }),
    'the same gateway three times': spec({ gateways: ['a', 'b', 'a', 'b', 'a'] }),
    'numbers as gateways': spec({ gateways: [5, 5] }),
    'a mode that is a number': spec({ mode: 5 }),
    'a mode that is true': spec({ mode: true }),
    'a mode that is a list': spec({ mode: ['a'] }),
    'a mode that is an object': spec({ mode: { a: 1 } }),
    'an object in the place of a list': spec({ entries: { a: 1 } }),
    'unprintable characters': spec({ gateways: ['a"b\\c\n\tÄ😀\u00a0\u200b\u007f\u0007'] }),
    'characters of two bytes': keys({ team: long('é', 128) }),
    'too many characters of two bytes': keys({ team: long('é', 129) }),
    'a pattern and a rule that do not hold': (object) => {
      entry({ kind: 'DlpFilter' })(object);
      spec({ gateways: ['A'] })(object);
    },
    'a choice and a rule that do not hold': (object) => {
      entry({ kind: 'DlpFilter', mode: 'Sometimes' })(object);
    },
    'settings of a kind that is misspelt': entry({ auditLoger: {} }),
    ...Object.fromEntries(
      ['403', 403.5, 500, 3e9, true, [403], { a: 1 }, null].map((status) => [
        `the status ${JSON.stringify(status)}`,
        entry({ blockStatus: status }),
      ]),
    ),
    ...Object.fromEntries(
      [
        '2027-01-31T18:00:00Z',
        '2027-01-31T18:00:00.123456789+05:30',
        '2027-13-01T00:00:00Z',
        '2027-01-32T00:00:00Z',
        '2027-01-01T24:00:00Z',
        '2027-01-01T00:00:60Z',
        '2027-01-01T00:00:00+24:00',
        '2027-01-01t00:00:00z',
        '2027-01-01T00:00:00',
        '2027-01-01',
        '',
        7,
        true,
        // An API server lets a list pass where a string has the format date-time.
        ['2027-01-31T18:00:00Z'],
        { a: 1 },
      ].map((time) => [`the end ${JSON.stringify(time)}`, keys({ expiresAt: time })]),
    ),
  },
  ProviderTarget: {
    'a provider that is null': spec({ provider: null }),
    'an address of letters that are not ASCII': spec({ baseUrl: `https://${long('é', 200)}` }),
    ...Object.fromEntries(
      [1e20, 3e9, -1, 1.5, 10_000_000.5, '7', true, [1]].map((tokens) => [
        `${JSON.stringify(tokens)} tokens`,
        spec({ models: [{ name: 'm', maxOutputTokens: tokens }] }),
      ]),
    ),
    'a flag that is a number': spec({ rejectsStreamOptions: 7 }),
    'a flag that is text': spec({ rejectsStreamOptions: 'true' }),
  },
};
