export interface CheckResult {
  layer:
    | 'config'
    | 'kubeconfig'
    | 'cluster'
    | 'crds'
    | 'operator'
    | 'api'
    | 'access'
    | 'resources'
    | 'gateway'
    | 'providers'
    | 'events';
  status: 'ok' | 'warning' | 'failed' | 'skipped';
  detail: string;
}

/** What of the API is asked for: of one namespace, or of all. */
export type Where = Readonly<Record<string, string | undefined>>;

/** What an error says of a layer. */
export const failed = (layer: CheckResult['layer'], error: unknown): CheckResult => ({
  layer,
  status: 'failed',
  detail: error instanceof Error ? error.message : String(error),
});

/** Layers behind the first that failed. */
export const skipped = (first: CheckResult['layer'], ...layers: CheckResult['layer'][]): CheckResult[] =>
  layers.map((layer) => ({ layer, status: 'skipped', detail: `the ${first} layer comes first` }));
