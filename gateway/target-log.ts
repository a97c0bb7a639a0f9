import type { Plan } from './config/plan.ts';
import type { Logger } from './telemetry/logger.ts';

/** Says at each new plan which targets cannot be used and why: a missing variable or file is named, never a value. */
export function logTargets({ targets }: Pick<Plan, 'targets'>, logger: Logger): void {
  for (const { target, unavailable, unavailableCode } of targets) {
    if (unavailable === null) continue;
    logger.warn(
      { target: target.id, code: unavailableCode },
      `the target "${target.id}" cannot be used: ${unavailable}`,
    );
  }
}
