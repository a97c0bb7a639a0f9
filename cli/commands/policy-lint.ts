import { Command } from 'commander';
import type { Problem } from '../../gateway/contract/problem.ts';
import { CliError, type Io } from '../io.ts';
import { lintFile } from '../lint-file.ts';

interface Flags {
  file?: string;
  listen?: string;
  json?: true;
  strict?: true;
}

/** `kt policy lint`: exit 0 valid, 1 warnings with `--strict`, 2 errors or an unreadable file. */
export function policyLintCommand(io: Io): Command {
  return new Command('lint')
    .description('Check a policy-config.yaml without running it')
    .argument('[file]', 'the document')
    .option('--file <file>', 'the document, as an option')
    .option('--listen <host:port>', 'also warn of what an address that is not loopback asks for')
    .option('--json', 'result as JSON')
    .option('--strict', 'exit 1 when there are warnings')
    .addHelpText(
      'after',
      '\nExamples:\n  kt policy lint policy-config.yaml\n  kt policy lint --file policy-config.yaml --json',
    )
    .action(async (argument: string | undefined, flags: Flags) => {
      const file = fileOf(argument, flags);
      const { config, problems } = await lintFile(file, flags.listen);
      const errors = problems.filter((problem) => problem.severity === 'error');
      const warnings = problems.filter((problem) => problem.severity === 'warning');
      const valid = errors.length === 0;
      if (flags.json) {
        const chain = config?.chain.map((entry) => entry.kind) ?? [];
        const result = {
          valid,
          file,
          pack: config?.pack.name ?? null,
          chain,
          policy_count: chain.length,
          warnings,
          errors,
        };
        io.out(`${JSON.stringify(result, null, 2)}\n`);
      } else {
        for (const problem of problems) io.out(`${file}:${lineOf(problem)}\n`);
        const verdict = valid
          ? `valid, ${counted(config?.chain ?? [], 'entry', 'entries')}`
          : counted(errors, 'error');
        const more = warnings.length === 0 ? '' : `, ${counted(warnings, 'warning')}`;
        io.out(`${file}: ${verdict}${more}\n`);
      }
      if (!valid) throw new CliError('', 2);
      if (flags.strict && warnings.length > 0) throw new CliError('', 1);
    });
}

function fileOf(argument: string | undefined, { file }: Flags): string {
  if (argument !== undefined && file !== undefined && argument !== file)
    throw new CliError(`Two documents are given, ${argument} and ${file}. Give one.`, 2);
  const given = argument ?? file;
  if (given === undefined)
    throw new CliError('No document is given. Name one, such as: kt policy lint policy-config.yaml', 2);
  return given;
}

function lineOf({ line, column, severity, code, path, message, suggestion }: Problem): string {
  const place = path === '' ? '' : ` ${path}`;
  const advice =
    suggestion === undefined
      ? ''
      : `\n    ${isName(code, suggestion) ? `did you mean "${suggestion}"?` : suggestion}`;
  return `${line}:${column}: ${severity} ${code}${place}: ${message}${advice}`;
}

/** Codes whose suggestion may be the name that was meant. */
const OF_NAMES: ReadonlySet<string> = new Set(['E001', 'E002', 'E015', 'W013']);

const isName = (code: string, suggestion: string): boolean =>
  OF_NAMES.has(code) && /^[\w.-]+$/.test(suggestion);

const counted = ({ length }: readonly unknown[], one: string, many = `${one}s`): string =>
  `${length} ${length === 1 ? one : many}`;
