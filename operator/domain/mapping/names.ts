/** Spellings of one name: `snake_case` in the document, `kebab-case` for kinds, camelCase and PascalCase in resources. */

const words = (name: string): string[] => name.split(/[_-]+/).filter((word) => word !== '');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `max_retention_days` → `maxRetentionDays`, `pii-detector` → `piiDetector`. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = words(name);
  return first + rest.map(capital).join('');
}

/** `block` → `Block`, `pii-detector` → `PiiDetector`. */
export function pascalCase(name: string): string {
  return words(name).map(capital).join('');
}
