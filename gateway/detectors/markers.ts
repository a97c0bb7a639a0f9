/** How a redaction shows that something was there. */
export interface MarkerOptions {
  /** `label`: the type in brackets. `asterisks`: nothing of it. `partial`: the last characters stay. */
  readonly format: 'label' | 'asterisks' | 'partial';
  /** The marker is as long as what it stands for. */
  readonly preserveLength: boolean;
  /** Markers in place of the label, by type. */
  readonly custom: Readonly<Record<string, string>>;
}

/** Characters that stay visible in a partial mask, and how long a text must be for any to stay. */
const VISIBLE = 4;
const LEAST_FOR_PARTIAL = 8;

/** What stands in place of the redacted text. A custom marker goes before the format. */
export function marker(type: string, found: string, options: MarkerOptions): string {
  const custom = options.custom[type];
  if (custom !== undefined) return fit(custom, found.length, options.preserveLength);
  switch (options.format) {
    case 'asterisks':
      return options.preserveLength ? '*'.repeat(found.length) : '****';
    case 'partial':
      return partial(found, options.preserveLength);
    case 'label':
      return label(`[${type.toUpperCase()}]`, found.length, options.preserveLength);
  }
}

function partial(found: string, preserveLength: boolean): string {
  const shown = found.length >= LEAST_FOR_PARTIAL ? VISIBLE : 0;
  const tail = shown === 0 ? '' : found.slice(-shown);
  const head = found.slice(0, found.length - shown);
  return preserveLength ? head.replace(/[^\s.@-]/gu, stars) + tail : `****${tail}`;
}

const stars = (character: string): string => '*'.repeat(character.length);

function label(text: string, length: number, preserveLength: boolean): string {
  if (!preserveLength || length === text.length) return text;
  if (length < text.length) return '*'.repeat(length);
  return `${text.slice(0, -1)}${'*'.repeat(length - text.length)}]`;
}

function fit(text: string, length: number, preserveLength: boolean): string {
  return preserveLength ? text.slice(0, length).padEnd(length, '*') : text;
}
