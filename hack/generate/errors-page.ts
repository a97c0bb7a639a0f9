import { CODES } from '../../gateway/contract/codes.ts';
import { ERROR_CATALOGUE } from '../../gateway/errors.ts';
import { API_ERRORS } from '../../operator/api/errors.ts';
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
  const codes = Object.entries(CODES).map(([code, { title, advice }]) => [`\`${code}\``, title, advice]);
  const api = Object.entries(API_ERRORS).map(([code, status]) => [`\`${code}\``, String(status)]);
  return {
    path: 'docs/reference/errors.md',
    text: page(
      'Errors',
      notice('`gateway/errors.ts`, `operator/api/errors.ts` and `gateway/contract/codes.ts`'),
      [
        '## Answers of a gateway',
        'Each stands in the body as `error.code`, in the form of the API that was called.',
        table(['code', 'status', 'type', '`retry-after`', '`x-should-retry`'], rows),
        '## Answers of the control plane',
        'As `error.code`, with `error.message`, which says what to do.',
        table(['code', 'status'], api),
        '## Codes of a policy config',
        'Told by `kt policy lint`, by a gateway that reads a document, and in the status of a GovernancePolicy. `E…` keeps a document from loading, `W…` does not.',
        table(['code', 'meaning', 'what to do'], codes),
      ],
    ),
  };
}
