/** Text for a cell of a Markdown table. */
export const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The bounds of a schema node in words. */
export function limits(schema: {
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  pattern?: string;
}): string {
  const range = (low: number | undefined, high: number | undefined, unit: string): string[] => {
    if (low === undefined && high === undefined) return [];
    const span =
      low === undefined ? `at most ${high}` : high === undefined ? `at least ${low}` : `${low} to ${high}`;
    return [`${span}${unit}`];
  };
  return [
    ...range(schema.minimum, schema.maximum, ''),
    ...range(schema.minLength, schema.maxLength, ' characters'),
    ...range(schema.minItems, schema.maxItems, ' items'),
    ...range(schema.minProperties, schema.maxProperties, ' fields'),
    ...(schema.pattern === undefined ? [] : [`matches \`${schema.pattern}\``]),
  ].join(', ');
}

/** A generated Markdown page. */
export const page = (title: string, note: string, parts: readonly string[]): string =>
  `<!-- ${note} -->\n\n# ${title}\n\n${parts.join('\n\n')}\n`;
