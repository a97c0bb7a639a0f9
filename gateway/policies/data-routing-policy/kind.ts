import type { DataPolicy } from '../../contract/document.ts';
import type { PolicyKind } from '../kind.ts';

/** Settings that passed the schema, defaults filled in. */
export interface DataRoutingSettings {
  readonly require_zero_data_retention: boolean;
  readonly require_no_training: boolean;
  readonly max_retention_days?: number;
  readonly on_no_compliant_provider: 'block' | 'warn';
  readonly log_provider_selection: boolean;
}

/** Excludes targets that do not declare what is required. What is not declared is not promised. */
export const kind: PolicyKind<DataRoutingSettings> = {
  name: 'data-routing-policy',
  version: '1.0.0',
  needs: [],
  streaming: 'none',
  compile(settings) {
    return {
      filterTargets(targets) {
        const excluded = new Map<string, string>();
        for (const { id, data_policy: policy } of targets) {
          const reason = reasonAgainst(policy ?? {}, settings);
          if (reason !== null) excluded.set(id, `data_routing.${reason}`);
        }
        return {
          excluded,
          whenNone: settings.on_no_compliant_provider,
          log: settings.log_provider_selection,
        };
      },
    };
  },
};

function reasonAgainst(policy: DataPolicy, settings: DataRoutingSettings): string | null {
  if (settings.require_zero_data_retention && policy.zero_data_retention !== true) {
    return 'zero_data_retention_not_declared';
  }
  if (settings.require_no_training && policy.training_opt_out !== true) return 'no_training_not_declared';
  const most = settings.max_retention_days;
  if (most === undefined) return null;
  const days = policy.retention_days ?? (policy.zero_data_retention === true ? 0 : undefined);
  if (days === undefined) return 'retention_not_declared';
  return days > most ? 'retention_too_long' : null;
}
