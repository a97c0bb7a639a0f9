import type { PathMap } from '../doc-path.ts';
import { isPlain, type Plain } from '../plain.ts';

/** Names of triggers in other pages of Keeptrusts' documents. */
const TRIGGERS: Readonly<Record<string, string>> = {
  rate_limit_exceeded: 'rate_limit',
  service_unavailable: 'server_error',
};

/** Reads `provider_fallback` at the top as `providers.fallback`, and the other names of triggers. */
export function convertFallback(document: Plain, moves: PathMap): void {
  const top = document['provider_fallback'];
  const providers = document['providers'];
  if (isPlain(top) && isPlain(providers) && providers['fallback'] === undefined) {
    document['providers'] = { ...providers, fallback: top };
    delete document['provider_fallback'];
    moves.move(['providers', 'fallback'], ['provider_fallback']);
  }
  const section = document['providers'];
  const fallback = isPlain(section) ? section['fallback'] : undefined;
  if (!isPlain(section) || !isPlain(fallback) || !Array.isArray(fallback['triggers'])) return;
  const triggers = fallback['triggers'].map((name: unknown) =>
    typeof name === 'string' ? (TRIGGERS[name] ?? name) : name,
  );
  document['providers'] = { ...section, fallback: { ...fallback, triggers } };
}
