import type { KindLint } from './lint-finding.ts';

/** The part of JSON Schema that a kind's `schema.json` is read by here; ajv checks the whole. */
export interface SettingsSchema {
  $id?: string;
  $schema?: string;
  $defs?: Readonly<Record<string, SettingsSchema>>;
  description?: string;
  type?: string;
  required?: readonly string[];
  properties?: Readonly<Record<string, SettingsSchema>>;
  [keyword: string]: unknown;
}

/** What the contract knows of one policy kind. */
export interface KindContract {
  readonly name: string;
  /** Schema of the settings, defaults included. */
  readonly schema: SettingsSchema;
  readonly lint: KindLint;
}

export type KindContracts = ReadonlyMap<string, KindContract>;
