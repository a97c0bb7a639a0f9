import document from './openapi.json' with { type: 'json' };

/** The contract of the API, OpenAPI 3.1. Tests hold every answer against it. */
export const openApiDocument: Readonly<Record<string, unknown>> = document;

/** Each path as a pattern, with the methods that it takes. */
const PATHS = Object.entries(document.paths).map(([template, operations]) => ({
  pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  methods: Object.keys(operations).map((method) => method.toUpperCase()),
}));

/** The methods that a path takes, such as `GET`; none where there is nothing at the path. */
export function methodsAt(path: string): readonly string[] {
  return PATHS.find(({ pattern }) => pattern.test(path))?.methods ?? [];
}
