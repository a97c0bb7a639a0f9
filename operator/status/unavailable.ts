import type { Reason } from '../domain/reasons.ts';
import type { Target } from '../domain/snapshot.ts';
import type { LiveGateway } from './gateway-state.ts';

const REASONS_BY_CODE: ReadonlyMap<string, Reason> = new Map([
  ['credential', 'CredentialMissing'],
  ['vendor', 'VendorNotServed'],
]);

/** Why a target that is in force cannot be used all the same, as the first instance that cannot says; else null. */
export function unavailability(
  target: Pick<Target, 'name' | 'spec'>,
  gateways: readonly Pick<LiveGateway, 'reports'>[],
): { reason: Reason; message: string } | null {
  for (const { instance, targets } of gateways.flatMap(({ reports }) => reports)) {
    const { unavailable = null, code = null } = targets.find(({ id }) => id === target.name) ?? {};
    if (unavailable === null) continue;
    const reason = REASONS_BY_CODE.get(code ?? '') ?? 'TargetUnavailable';
    return { reason, message: `${placeOf(target, code)}${instance}: ${unavailable}` };
  }
  return null;
}

/** People know the Secret, not the file that a gateway reads. */
function placeOf({ spec }: Pick<Target, 'spec'>, code: string | null): string {
  const ref = spec.credentialSecretRef;
  if (code !== 'credential' || ref === undefined) return '';
  return `spec.credentialSecretRef: key ${ref.key} of Secret ${ref.name} cannot be used; `;
}
