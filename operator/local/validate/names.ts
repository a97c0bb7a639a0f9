/** What Kubernetes demands of names, labels and annotation keys, in the words of its API server. */

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

const SUBDOMAIN_RULE =
  'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
  "'-' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;

const QUALIFIED_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`;

const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${VALUE}')`;

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
  `an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;

const whole = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`).test(text);
const bytes = (text: string): number => Buffer.byteLength(text);

/** Faults of an object's name. */
export function nameFaults(name: string): string[] {
  return [
    ...(bytes(name) > 253 ? ['must be no more than 253 characters'] : []),
    ...(whole(SUBDOMAIN, name) ? [] : [SUBDOMAIN_RULE]),
  ];
}

/** Faults of a namespace's name. */
export function namespaceFaults(name: string): string[] {
  return [
    ...(bytes(name) > 63 ? ['must be no more than 63 bytes'] : []),
    ...(whole(LABEL, name) ? [] : [LABEL_RULE]),
  ];
}

/** Faults of the key of a label or, after it was put in lower case, of an annotation: `name` or `prefix/name`. */
export function keyFaults(key: string): string[] {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${QUALIFIED_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1)!;
  return [
    ...(parts.length === 2 ? prefixFaults(parts[0]!) : []),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(bytes(name) > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(whole(QUALIFIED, name) ? [] : [`name part ${QUALIFIED_RULE}`]),
  ];
}

function prefixFaults(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  return [
    ...(bytes(prefix) > 253 ? ['prefix part must be no more than 253 bytes'] : []),
    ...(whole(SUBDOMAIN, prefix) ? [] : [`prefix part ${SUBDOMAIN_RULE}`]),
  ];
}

/** Faults of the value of a label. */
export function labelValueFaults(value: string): string[] {
  return [
    ...(bytes(value) > 63 ? ['must be no more than 63 bytes'] : []),
    ...(whole(VALUE, value) ? [] : [VALUE_RULE]),
  ];
}
