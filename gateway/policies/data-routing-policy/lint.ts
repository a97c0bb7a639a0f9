import type { KindLint } from '../../contract/lint.ts';

export const lint: KindLint = (settings) => {
  const requires =
    settings['require_zero_data_retention'] === true ||
    settings['require_no_training'] === true ||
    settings['max_retention_days'] !== undefined;
  if (requires) return [];
  return [
    {
      code: 'W012',
      severity: 'warning',
      path: '',
      message: 'nothing is required of a target, so none is ever excluded',
      suggestion: 'set `require_zero_data_retention`, `require_no_training` or `max_retention_days`',
    },
  ];
};
