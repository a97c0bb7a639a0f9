import { goText } from './go-text.ts';

/** Why a field was refused, by the API server's classes. */
export type FieldErrorCode =
  | 'Required'
  | 'Invalid'
  | 'TypeInvalid'
  | 'NotSupported'
  | 'TooLong'
  | 'TooMany'
  | 'Duplicate'
  | 'Unknown';

/** One fault of one field. `${path}: ${message}` reads as the API server would say it. */
export interface FieldError {
  /** Such as `spec.entries[0].piiDetector.action`; `<nil>`, in the API server's words, for the object itself. */
  path: string;
  /** Begins with the class, such as `Invalid value: "x": …`. */
  message: string;
  code: FieldErrorCode;
}

/** While an object has one of these, the API server runs no CEL rule. With an unknown field it stops even earlier. */
const BLOCKING: ReadonlySet<FieldErrorCode> = new Set([
  'Required',
  'TypeInvalid',
  'NotSupported',
  'TooLong',
  'TooMany',
  'Unknown',
]);

/** Whether the CEL rules of an object with this fault are not run. */
export const isBlocking = ({ code }: FieldError): boolean => BLOCKING.has(code);

export type PathPart = string | number | { key: string };

/** `['spec', 'entries', 0, {key: 'x'}]` → `spec.entries[0][x]`. */
export function formatPath(parts: readonly PathPart[]): string {
  const text = parts
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      return typeof part === 'string' ? `.${part}` : `[${part.key}]`;
    })
    .join('');
  return text === '' ? '<nil>' : text.replace(/^\./, '');
}

/** Longest value that is shown whole, in characters: the API server shows all, but these errors end up in a terminal. */
const SHOWN = 1024;

/** How a value is shown: a scalar as Go prints it, anything larger as JSON. */
export function shown(value: unknown): string {
  const text = goText(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

export const invalid = (path: string, value: unknown, detail: string): FieldError => ({
  path,
  code: 'Invalid',
  message: `Invalid value: ${shown(value)}: ${detail}`,
});
