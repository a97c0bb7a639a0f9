import type { ResourceProblem } from '../../operator/api/problems.ts';
import type { CheckResult } from './result.ts';

/** The first error, else the first warning, with its place; the number of the others behind it. */
export function resourcesResult(problems: readonly ResourceProblem[]): CheckResult {
  const error = problems.find(({ severity }) => severity === 'error');
  const first = error ?? problems[0];
  if (first === undefined) return { layer: 'resources', status: 'ok', detail: 'no resource has a problem' };
  return {
    layer: 'resources',
    status: error === undefined ? 'warning' : 'failed',
    detail: `${placeOf(first)}${first.code} ${first.message}${more(problems)}`,
  };
}

/** ` (and 2 more)`, where one of them was told. */
export function more({ length }: readonly unknown[]): string {
  return length > 1 ? ` (and ${length - 1} more)` : '';
}

function placeOf({ file, line, column, object }: ResourceProblem): string {
  const position = [file, line, column].filter((part) => part !== null).join(':');
  const place = [file === null ? '' : position, object ?? ''].filter((part) => part !== '').join(' ');
  return place === '' ? '' : `${place}: `;
}
