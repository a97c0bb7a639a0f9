import type { ResourceProblem } from '../../operator/api/problems.ts';
import { type CheckResult, ofProblems } from './result.ts';

/** Every problem with its place, errors first. */
export function resourcesResult(problems: readonly ResourceProblem[]): CheckResult {
  const told = problems.map((problem) => ({
    severity: problem.severity,
    detail: `${placeOf(problem)}${problem.code} ${problem.message}`,
  }));
  return (
    ofProblems('resources', told) ?? { layer: 'resources', status: 'ok', detail: 'no resource has a problem' }
  );
}

function placeOf({ file, line, column, object }: ResourceProblem): string {
  const position = [file, line, column].filter((part) => part !== null).join(':');
  const place = [file === null ? '' : position, object ?? ''].filter((part) => part !== '').join(' ');
  return place === '' ? '' : `${place}: `;
}
