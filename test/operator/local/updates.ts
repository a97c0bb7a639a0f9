import type { StructuralSchema } from '../../../crds/schema.ts';

/**
 * Two schemas of one kind: what was once allowed, and what is allowed now. Objects that were stored under the first
 * are updated under the second.
 */
const text: StructuralSchema = { type: 'string' };

const schemaWith = (now: boolean): StructuralSchema => {
  const only = (schema: StructuralSchema): StructuralSchema => (now ? schema : {});
  const rule = (cel: string, message: string): StructuralSchema =>
    only({ 'x-kubernetes-validations': [{ rule: cel, message }] });
  return {
    type: 'object',
    ...rule("!has(self.a) || self.a != 'xb' || has(self.b)", 'xb needs b'),
    properties: {
      a: { ...text, ...only({ pattern: '^x', maxLength: 3 }) },
      b: { ...text, ...only({ enum: ['P', 'Q'] }) },
      n: { type: 'integer', format: 'int32', ...only({ maximum: 10 }) },
      wide: { type: 'integer', format: now ? 'int32' : 'int64' },
      whole: now ? { type: 'integer', format: 'int64' } : { type: 'number' },
      grows: { type: 'integer', format: 'int64', ...rule('self > oldSelf', 'it must grow') },
      fixed: { ...text, ...rule('self == oldSelf', 'it cannot be changed') },
      lower: { ...text, ...rule("self.startsWith('l')", 'it must begin with l') },
      part: {
        type: 'object',
        ...only({ required: ['must'] }),
        properties: { must: text, other: text },
      },
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        ...only({ maxItems: 2 }),
        items: {
          type: 'object',
          required: ['name'],
          ...rule("!has(self.v) || self.v != 'bad'", 'v is bad'),
          properties: { name: text, v: { ...text, ...only({ maxLength: 3 }) } },
        },
      },
      set: { type: 'array', 'x-kubernetes-list-type': now ? 'set' : 'atomic', items: text },
      other: { type: 'array', 'x-kubernetes-list-type': now ? 'set' : 'atomic', items: text },
      atomic: {
        type: 'array',
        'x-kubernetes-list-type': 'atomic',
        items: { ...text, ...only({ maxLength: 3 }) },
      },
      map: { type: 'object', additionalProperties: { ...text, ...only({ maxLength: 3 }) } },
      more: text,
    },
  };
};

export const before = schemaWith(false);
export const now = schemaWith(true);

const item = (name: string, v: string): object => ({ name, v });

const faulty = {
  ...{ a: 'bad', b: 'R', n: 99, wide: 3e9, lower: 'upper', fixed: '1', part: { other: '1' } },
  list: [item('a', 'long'), item('b', 'x'), item('c', 'bad')],
  atomic: ['long', 'x', 'longer'],
  map: { k: 'long', 'k.l': 'longer', m: 'x' },
};

/** A name, the spec that is stored, and the spec that it is updated to. */
export const updates: readonly [name: string, stored: object, updated: object][] = [
  ['no change at all', { a: 'bad', n: 99 }, { a: 'bad', n: 99 }],
  ['another field beside bad ones', { a: 'bad', b: 'R', n: 99 }, { a: 'bad', b: 'R', n: 99, more: 'y' }],
  ['a bad field to another bad one', { a: 'bad' }, { a: 'worse' }],
  ['a bad field mended', { a: 'bad' }, { a: 'x' }],
  ['a bad field removed', { a: 'bad', more: 'y' }, { more: 'y' }],
  ['a good field broken beside a bad one', { a: 'bad', n: 5 }, { a: 'bad', n: 50 }],
  ['a bad field added', { more: 'y' }, { more: 'y', b: 'R' }],
  ['an immutable field kept', { fixed: '1' }, { fixed: '1', more: 'y' }],
  ['an immutable field changed', { fixed: '1' }, { fixed: '2' }],
  ['an immutable field set', {}, { fixed: '2' }],
  ['an immutable field removed', { fixed: '1' }, {}],
  ['a rule that was broken before', { lower: 'upper' }, { lower: 'upper', more: 'y' }],
  ['a rule broken anew', { lower: 'low' }, { lower: 'upper' }],
  ['a rule over the whole, broken before, beside a change', { a: 'xb' }, { a: 'xb', more: 'y' }],
  ['a part without what it needs, untouched', { part: { other: '1' } }, { part: { other: '1' }, more: 'y' }],
  ['a part without what it needs, touched', { part: { other: '1' } }, { part: { other: '2' } }],
  [
    'an item that is bad and untouched',
    { list: [item('a', 'long')] },
    { list: [item('a', 'long'), item('b', 'x')] },
  ],
  [
    'an item that is bad and moved',
    { list: [item('a', 'long'), item('b', 'x')] },
    { list: [item('b', 'y'), item('a', 'long')] },
  ],
  ['an item that is bad and renamed', { list: [item('a', 'long')] }, { list: [item('c', 'long')] }],
  [
    'an item that breaks a rule and is untouched',
    { list: [item('a', 'bad')] },
    { list: [item('b', 'x'), item('a', 'bad')] },
  ],
  ['an item that breaks a rule anew', { list: [item('a', 'x')] }, { list: [item('a', 'bad')] }],
  [
    'too many items, untouched',
    { list: ['a', 'b', 'c'].map((name) => item(name, 'x')) },
    { list: ['a', 'b', 'c'].map((name) => item(name, 'x')), more: 'y' },
  ],
  [
    'too many items, one of them touched',
    { list: ['a', 'b', 'c'].map((name) => item(name, 'x')) },
    { list: ['a', 'b', 'c'].map((name) => item(name, 'y')) },
  ],
  [
    'too many items, one in place of another',
    { list: ['a', 'b', 'c'].map((name) => item(name, 'x')) },
    { list: ['a', 'c', 'a'].map((name) => item(name, 'x')) },
  ],
  [
    'too many items in another order',
    { list: ['a', 'b', 'c'].map((name) => item(name, 'x')) },
    { list: ['c', 'b', 'a'].map((name) => item(name, 'x')) },
  ],
  [
    'an item that is bad twice, once as it was',
    { list: [item('a', 'x'), item('b', 'long')] },
    { list: [item('b', 'bad'), item('b', 'long')] },
  ],
  ['a number beyond its new format, untouched', { wide: 3e9 }, { wide: 3e9, more: 'y' }],
  ['a number beyond its new format, changed', { wide: 3e9 }, { wide: 4e9 }],
  ['a fraction where an integer must be now, untouched', { whole: 1.5 }, { whole: 1.5, more: 'y' }],
  ['a fraction where an integer must be now, changed', { whole: 1.5 }, { whole: 2.5 }],
  ['a rule of the step, where nothing was changed', { grows: 1 }, { grows: 1, more: 'y' }],
  ['a rule of the step that is kept', { grows: 1 }, { grows: 2 }],
  ['many faults, none of them touched', faulty, { ...faulty, more: 'y' }],
  [
    'many faults, some of them touched',
    faulty,
    { ...faulty, part: { other: '2' }, atomic: ['x', 'long', 'longer'], list: faulty.list.toSpliced(1, 1) },
  ],
  ['repetitions that were there', { set: ['a', 'a'] }, { set: ['a', 'a'], more: 'y' }],
  ['repetitions beside others that were there', { set: ['a', 'a'] }, { set: ['a', 'a'], other: ['b', 'b'] }],
  ['repetitions anew', { set: ['a'] }, { set: ['a', 'a'] }],
  ['an atomic list with a bad item, untouched', { atomic: ['long'] }, { atomic: ['long'], more: 'y' }],
  ['an atomic list with bad items in another order', { atomic: ['long', 'x'] }, { atomic: ['x', 'long'] }],
  ['an atomic list with a bad item, longer', { atomic: ['long'] }, { atomic: ['long', 'x'] }],
  ['a map with a bad value, untouched', { map: { k: 'long' } }, { map: { k: 'long', l: 'x' } }],
  [
    'a map with a bad value below the name of another',
    { map: { k: 'long' } },
    { map: { k: 'long', 'k.l': 'long', 'k/l': 'long' } },
  ],
  ['a map with a bad value at another key', { map: { k: 'long' } }, { map: { l: 'long' } }],
  ['an unknown field', { a: 'bad' }, { a: 'bad', stray: 1 }],
];
