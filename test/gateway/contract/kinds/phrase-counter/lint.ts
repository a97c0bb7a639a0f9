import type { KindLint } from '../../../../../gateway/contract/lint.ts';

export const lint: KindLint = (settings) =>
  settings['phrase'] === 'never'
    ? [{ code: 'E016', severity: 'error', path: 'phrase', message: 'this phrase cannot be counted' }]
    : [];
