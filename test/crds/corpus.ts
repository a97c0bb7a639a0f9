import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';

/** An object for the validator or an API server, and what it must answer. */
export interface Case {
  name: string;
  object: Record<string, unknown>;
  /** Errors that must be among the answer; none means that the object is accepted. */
  errors: ExpectedError[];
  /** Where the API server takes it: the object itself or its status subresource. */
  subresource: 'spec' | 'status';
}

export interface ExpectedError {
  path: string;
  /** Part of the message. */
  message: string;
}

const ERROR_LINE = /^# error: (\S+): (.*)$/gm;

/**
 * The hand-written cases of a kind: `accept/*.yaml`, and `reject/*.yaml` with a line `# error: PATH: MESSAGE` for each
 * error that must come back. Every file is one object as `kubectl apply` takes it.
 */
export function handWritten(kind: string): Case[] {
  const folder = join(import.meta.dirname, kind);
  return globSync('{accept,reject}/*.yaml', { cwd: folder })
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const document = parseDocument(text);
      if (document.errors[0] !== undefined) throw document.errors[0];
      const errors = [...text.matchAll(ERROR_LINE)].map(([, path, message]) => ({
        path: path!,
        message: message!,
      }));
      if (file.startsWith('reject/') === (errors.length === 0)) {
        throw new Error(`${kind}/${file}: a rejected object has "# error:" lines, an accepted one has none`);
      }
      const name = `${file.split('/')[0]} ${basename(file, '.yaml')}`;
      return { name, object: document.toJS() as Record<string, unknown>, errors, subresource: 'spec' };
    });
}
