import { ApiError } from './errors.ts';

/**
 * The namespace that a list is asked for; undefined for all.
 * @throws ApiError `invalid_parameter` for an empty one or two of them: neither is all
 */
export function namespaceOf(url: string): string | undefined {
  const at = url.indexOf('?');
  const values = new URLSearchParams(at < 0 ? '' : url.slice(at + 1)).getAll('namespace');
  if (values.length === 0) return undefined;
  if (values.length === 1 && values[0] !== '') return values[0];
  throw new ApiError(
    'invalid_parameter',
    'namespace: give the name of one namespace, or leave it out for all.',
    {
      parameter: 'namespace',
    },
  );
}
