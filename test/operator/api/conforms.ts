import Ajv2020 from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { openApiDocument } from '../../../operator/api/openapi.ts';

type Json = Record<string, unknown>;
const ajv = new Ajv2020.default({ strict: false, validateFormats: false });
ajv.addSchema(openApiDocument, 'api');

const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Json | undefined)?.[name], value);

/** Fails unless the OpenAPI document allows this answer of this operation. */
export function expectConforms(method: string, path: string, status: number, body: unknown): void {
  const template = Object.keys(openApiDocument['paths'] as Json).find((candidate) =>
    new RegExp(`^${candidate.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  expect(template, `no path of the document matches ${path}`).to.be.a('string');
  const responses = at(openApiDocument, 'paths', template!, method.toLowerCase(), 'responses') as
    | Json
    | undefined;
  const found = responses?.[String(status)];
  expect(found, `${method} ${template} does not document status ${status}`).to.be.an('object');
  const response = (
    '$ref' in (found as Json) ? at(openApiDocument, 'components', 'responses', 'Error') : found
  ) as Json;
  const schema = at(response, 'content', 'application/json', 'schema') as Json | undefined;
  if (schema === undefined) return;
  const check = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')));
  expect(check(body), `${method} ${template} ${status}: ${ajv.errorsText(check.errors)}`).to.equal(true);
}
