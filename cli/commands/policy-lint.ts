import { Command } from 'commander';
import { CliError, type Io } from '../io.ts';
import { lintFile } from '../lint-file.ts';

/** `kt policy lint`: exit 0 valid, 1 warnings with `--strict`, 2 errors or an unreadable file. */
export function policyLintCommand(io: Io): Command {
  return new Command('lint')
    .description('Check a policy-config.yaml without running it')
    .requiredOption('--file <file>', 'the document')
    .option('--listen <host:port>', 'also warn of what an address that is not loopback asks for')
    .option('--json', 'result as JSON')
    .option('--strict', 'exit 1 when there are warnings')
    .addHelpText(
      'after',
      '\nExamples:\n  kt policy lint --file policy-config.yaml\n  kt policy lint --file policy-config.yaml --json',
    )
    .action(async (flags: { file: string; listen?: string; json?: true; strict?: true }) => {
      const { config, problems } = await lintFile(flags.file, flags.listen);
      const errors = problems.filter((problem) => problem.severity === 'error');
      const warnings = problems.filter((problem) => problem.severity === 'warning');
      const valid = errors.length === 0;
      if (flags.json) {
        const chain = config?.chain.map((entry) => entry.kind) ?? [];
        const result = {
          valid,
          file: flags.file,
          pack: config?.pack.name ?? null,
          chain,
          policy_count: chain.length,
          warnings,
          errors,
        };
        io.out(`${JSON.stringify(result, null, 2)}\n`);
      } else {
        for (const problem of problems) {
          const advice = problem.suggestion === undefined ? '' : `\n    ${problem.suggestion}`;
          io.out(
            `${flags.file}:${problem.line}:${problem.column}: ${problem.severity} ${problem.code} ${problem.path}: ${problem.message}${advice}\n`,
          );
        }
        const verdict = valid
          ? `valid, ${counted(config?.chain ?? [], 'entry', 'entries')}`
          : counted(errors, 'error');
        const more = warnings.length === 0 ? '' : `, ${counted(warnings, 'warning')}`;
        io.out(`${flags.file}: ${verdict}${more}\n`);
      }
      if (!valid) throw new CliError('', 2);
      if (flags.strict && warnings.length > 0) throw new CliError('', 1);
    });
}

const counted = ({ length }: readonly unknown[], one: string, many = `${one}s`): string =>
  `${length} ${length === 1 ? one : many}`;
