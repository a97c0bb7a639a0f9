import { type FieldError, invalid } from './errors.ts';
import { keyFaults, labelValueFaults, nameFaults, namespaceFaults } from './names.ts';
import { isObject } from './values.ts';

/** All that `metadata` of any object has. What only a server sets is not looked into. */
const FIELDS: ReadonlySet<string> = new Set([
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'labels',
  'managedFields',
  'name',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** Whether `metadata` of any object has such a field. */
export const isMetadataField = (name: string): boolean => FIELDS.has(name);

/** The most that keys and values of all annotations of an object may have together, in bytes. */
const MAX_ANNOTATIONS = 262_144;

/** What the API server demands of any object's metadata, as far as a file can set it. */
export function metadataErrors(metadata: unknown): FieldError[] {
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) {
    return [invalid('metadata', metadata, 'it must be an object')];
  }
  const { name, namespace, labels, annotations } = metadata ?? {};
  return [
    ...Object.keys(metadata ?? {})
      .filter((field) => !isMetadataField(field))
      .map(
        (field): FieldError => ({
          path: `metadata.${field}`,
          code: 'Unknown',
          message: `unknown field "metadata.${field}"`,
        }),
      ),
    ...nameErrors(name),
    ...stringErrors('metadata.namespace', namespace, namespaceFaults),
    ...labelErrors(labels),
    ...annotationErrors(annotations),
  ];
}

function nameErrors(name: unknown): FieldError[] {
  if (name === undefined || name === null || name === '') {
    // A file names its objects: an object that got a new name at each reading would be another object.
    return [
      {
        path: 'metadata.name',
        code: 'Required',
        message: 'Required value: name or generateName is required',
      },
    ];
  }
  return stringErrors('metadata.name', name, nameFaults);
}

function stringErrors(path: string, value: unknown, faults: (text: string) => string[]): FieldError[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string') return [invalid(path, value, 'it must be a string; quote it')];
  return faults(value).map((fault) => invalid(path, value, fault));
}

function labelErrors(labels: unknown): FieldError[] {
  const path = 'metadata.labels';
  return pairs(path, labels, (key, value) => [
    ...keyFaults(key).map((fault) => invalid(path, key, fault)),
    ...stringErrors(path, value, labelValueFaults),
  ]);
}

function annotationErrors(annotations: unknown): FieldError[] {
  const path = 'metadata.annotations';
  let size = 0;
  const errors = pairs(path, annotations, (key, value) => {
    size += Buffer.byteLength(key + String(value ?? ''));
    return [
      ...keyFaults(key.toLowerCase()).map((fault) => invalid(path, key, fault)),
      ...stringErrors(path, value, () => []),
    ];
  });
  if (size <= MAX_ANNOTATIONS) return errors;
  const message = `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`;
  return [...errors, { path, code: 'TooLong', message }];
}

/** A value that is null is an empty one, as it is to the API server. */
function pairs(
  path: string,
  map: unknown,
  errorsOf: (key: string, value: unknown) => FieldError[],
): FieldError[] {
  if (map === undefined || map === null) return [];
  if (!isObject(map)) return [invalid(path, map, 'it must map names to strings')];
  return Object.entries(map).flatMap(([key, value]) => errorsOf(key, value));
}
