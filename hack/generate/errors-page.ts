import { ERROR_CATALOGUE } from '../../gateway/errors.ts';
import { page, table } from './markdown.ts';
import { notice, type Output } from './output.ts';

/** `docs/reference/errors.md`: what callers of a gateway and readers of a lint can be told. */
export function errorsPage(): Output {
  const rows = Object.entries(ERROR_CATALOGUE).map(([code, kind]) => [
    `\`${code}\``,
    String(kind.status),
    `\`${kind.type}\``,
    'retryAfter' in kind ? `${kind.retryAfter} s` : '',
    'shouldRetry' in kind ? 'no' : '',
  ]);
  return {
    path: 'docs/reference/errors.md',
    text: page('Errors', notice('`gateway/errors.ts`'), [
      '## Answers of a gateway',
      'Each stands in the body as `error.code`, in the form of the API that was called.',
      table(['code', 'status', 'type', '`retry-after`', '`x-should-retry`'], rows),
    ]),
  };
}
