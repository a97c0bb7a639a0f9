import type { PolicyConfig } from './contract/document.ts';
import { opennessProblems } from './contract/openness.ts';
import type { Address } from './gateway-options.ts';
import type { Logger } from './telemetry/logger.ts';

/** Says at each new document who may call, where the address is not for this machine alone. */
export function logOpenness(config: PolicyConfig, { host, port }: Address, logger: Logger): void {
  for (const { code, message } of opennessProblems(config, `${host}:${port}`)) logger.warn({ code }, message);
}
