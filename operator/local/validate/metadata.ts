import { type FieldError, invalid } from './errors.ts';
import { isObject } from './values.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

/** What the API server demands of any object's metadata, as far as a file can set it. */
export function metadataErrors(metadata: unknown): FieldError[] {
  if (!isObject(metadata)) {
    return [{ path: 'metadata', code: 'Required', message: 'Required value: the object needs a name' }];
  }
  const { name, namespace, labels, annotations } = metadata;
  const errors: FieldError[] = [];
  if (typeof name !== 'string' || name === '') {
    errors.push({ path: 'metadata.name', code: 'Required', message: 'Required value: name is required' });
  } else if (name.length > 253 || !SUBDOMAIN.test(name)) {
    errors.push(
      invalid(
        'metadata.name',
        name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      ),
    );
  }
  if (
    namespace !== undefined &&
    !(typeof namespace === 'string' && namespace.length <= 63 && LABEL.test(namespace))
  ) {
    errors.push(
      invalid(
        'metadata.namespace',
        namespace,
        'it must be a lowercase RFC 1123 label of at most 63 characters',
      ),
    );
  }
  return [
    ...errors,
    ...pairErrors('labels', labels, LABEL_VALUE),
    ...pairErrors('annotations', annotations, /^/),
  ];
}

function pairErrors(field: string, pairs: unknown, values: RegExp): FieldError[] {
  if (pairs === undefined || pairs === null) return [];
  const path = `metadata.${field}`;
  if (!isObject(pairs)) return [invalid(path, pairs, 'it must map names to strings')];
  return Object.entries(pairs).flatMap(([key, value]) => {
    if (!QUALIFIED.test(key)) return [invalid(path, key, 'it is not a valid name of a label or annotation')];
    if (typeof value !== 'string' || !values.test(value))
      return [invalid(path, value, `the value of ${key} is not valid`)];
    return [];
  });
}
