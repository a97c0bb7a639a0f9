import type { PolicyConfig } from './contract/document.ts';
import { opennessProblems } from './contract/openness.ts';
import { type Address, isLoopback } from './gateway-options.ts';
import type { Logger } from './telemetry/logger.ts';

/** Says at each new document who may call, where the address is not for this machine alone. */
export function logOpenness(config: PolicyConfig, { host, port }: Address, logger: Logger): void {
  if (isLoopback(host) || config.identity?.anonymous === false) return;
  if (config.identity === undefined) {
    logger.warn(
      'this address is not loopback and the policy config has no identity section: every caller is refused',
    );
    return;
  }
  for (const { code, message } of opennessProblems(config, `${host}:${port}`)) logger.warn({ code }, message);
}
