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
  /** What else is wrong in the layer, the worst first. */
  others?: readonly { status: 'warning' | 'failed'; detail: string }[];
}

/** What a layer comes to by all that is wrong in it; the first is told first. Null where nothing is. */
export function ofProblems(
  layer: CheckResult['layer'],
  problems: readonly { severity: 'error' | 'warning'; detail: string }[],
): CheckResult | null {
  const worst = problems.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  const [first, ...others] = worst.map(({ severity, detail }) => ({
    status: severity === 'error' ? ('failed' as const) : severity,
    detail,
  }));
  if (first === undefined) return null;
  return { layer, ...first, ...(others.length > 0 && { others }) };
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
