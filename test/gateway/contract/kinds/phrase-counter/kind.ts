import type { TextScanner } from '../../../../../gateway/policies/kind.ts';
import type { AnyPolicyKind } from '../../../../../gateway/policies/registry.ts';

/** Blocks a text that holds its phrase. */
export const kind: AnyPolicyKind = {
  name: 'phrase-counter',
  version: '1',
  needs: [],
  streaming: 'windowed',
  compile(settings) {
    const phrase = String(settings['phrase']);
    const scanner: TextScanner = {
      maxMatchLength: phrase.length,
      contextLength: 0,
      scan(text, from, final, emit) {
        let at = text.indexOf(phrase, from);
        let last = from;
        for (; at >= 0; at = text.indexOf(phrase, last)) {
          last = at + phrase.length;
          emit({ type: 'phrase', start: at, end: last });
        }
        return final ? text.length : Math.max(last, text.length - phrase.length + 1);
      },
    };
    return { inspectText: { appliesTo: () => true, action: 'block', form: 'windowed', scanner } };
  },
};
