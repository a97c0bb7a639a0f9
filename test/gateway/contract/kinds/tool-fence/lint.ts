import type { KindLint } from '../../../../../gateway/contract/lint.ts';

export const lint: KindLint = () => [];
