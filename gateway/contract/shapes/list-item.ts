import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { DocPath } from '../doc-path.ts';
import type { Findings } from '../problem.ts';
import { addSchemaFindings } from '../schema-findings.ts';
import type { ListType } from './list-types.ts';

/** One policy of the list form, as the guides write it. */
export interface ListItem {
  name: string;
  type?: ListType;
  enabled?: boolean;
  phase?: 'input' | 'output' | 'both';
  action?: 'log' | 'flag' | 'block' | 'redact' | 'escalate';
  pattern?: string;
  message?: string;
  threshold?: number | string;
  entity_types?: string[];
  replacement?: string;
  config?: { patterns?: { name?: string; regex: string; replacement?: string }[]; [field: string]: unknown };
  rules?: unknown[];
}

const TEXT = { type: 'string', maxLength: 4096 };
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', description: 'Name of the policy', minLength: 1, maxLength: 253 },
    type: {
      type: 'string',
      description: 'Which check it is',
      enum: [
        'log',
        'observe',
        'output_filter',
        'content_filter',
        'redaction',
        'prompt_injection',
        'pii_redaction',
      ],
    },
    description: TEXT,
    enabled: { type: 'boolean', description: 'Whether it runs' },
    phase: { type: 'string', enum: ['input', 'output', 'both'] },
    action: { type: 'string', enum: ['log', 'flag', 'block', 'redact', 'escalate'] },
    pattern: TEXT,
    message: TEXT,
    threshold: { type: ['number', 'string'] },
    entity_types: { type: 'array', maxItems: 64, items: { type: 'string', maxLength: 64 } },
    replacement: TEXT,
    config: {
      type: 'object',
      properties: {
        patterns: {
          type: 'array',
          maxItems: 256,
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['regex'],
            properties: { name: TEXT, regex: TEXT, replacement: TEXT },
          },
        },
      },
    },
    rules: { type: 'array', maxItems: 256 },
  },
};

let validate: ValidateFunction | undefined;

export function checkListItem(item: unknown, path: DocPath, findings: Findings): item is ListItem {
  validate ??= new Ajv2020({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    validateSchema: false,
  }).compile(SCHEMA);
  if (validate(item)) return true;
  addSchemaFindings(validate.errors ?? [], item, path, findings);
  return false;
}
