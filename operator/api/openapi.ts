import document from './openapi.json' with { type: 'json' };

/** The contract of the API, OpenAPI 3.1. Tests hold every answer against it. */
export const openApiDocument: Readonly<Record<string, unknown>> = document;
