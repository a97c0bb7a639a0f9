/** Why a field was refused, in the API server's words. */
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
  /** Such as `spec.entries[0].piiDetector.action`; `<root>` for the object itself. */
  path: string;
  /** Begins with the class, such as `Invalid value: "x": …`. */
  message: string;
  code: FieldErrorCode;
}

export type PathPart = string | number | { key: string };

/** `['spec', 'entries', 0, {key: 'x'}]` → `spec.entries[0][x]`. */
export function formatPath(parts: readonly PathPart[]): string {
  const text = parts
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      return typeof part === 'string' ? `.${part}` : `[${part.key}]`;
    })
    .join('');
  return text === '' ? '<root>' : text.replace(/^\./, '');
}

/** How a value is shown: a scalar as JSON and cut, anything larger by its type only. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return '"array"';
  if (value !== null && typeof value === 'object') return '"object"';
  const text = JSON.stringify(value) ?? 'null';
  return text.length > 128 ? `${text.slice(0, 124)}…"` : text;
}

export const invalid = (path: string, value: unknown, detail: string): FieldError => ({
  path,
  code: 'Invalid',
  message: `Invalid value: ${shown(value)}: ${detail}`,
});
