import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { createKey } from '../../gateway/contract/key-format.ts';
import { CliError, type Io } from '../io.ts';
import { formatOption } from './options.ts';

interface Flags {
  team?: string;
  project?: string;
  user?: string;
  useCase?: string;
  model?: string[];
  expiresIn?: string;
  format: 'table' | 'json';
}

const DAY_MS = 86_400_000;

/** `kt keys create`: prints the key once, and the entry for `identity.keys`, which holds only its hash. */
export function keysCreateCommand(io: Io): Command {
  return new Command('create')
    .description('Make a gateway key: its value is shown once, its entry goes into the policy config')
    .option('--team <name>', 'team of whoever uses it')
    .option('--project <name>', 'project')
    .option('--user <id>', 'user')
    .option('--use-case <name>', 'use case')
    .option('--model <name...>', 'only these models')
    .option('--expires-in <days>', 'days until it ends, such as 90d')
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  kt keys create --team payments\n  kt keys create --team data --model gpt-4o-mini --expires-in 90d',
    )
    .action((flags: Flags) => {
      const key = createKey(randomBytes);
      const entry = {
        id: key.id,
        sha256: key.sha256,
        ...(flags.team !== undefined && { team: flags.team }),
        ...(flags.project !== undefined && { project: flags.project }),
        ...(flags.user !== undefined && { user: flags.user }),
        ...(flags.useCase !== undefined && { use_case: flags.useCase }),
        ...(flags.model !== undefined && { models: flags.model }),
        ...(flags.expiresIn !== undefined && { expires_at: expiry(flags.expiresIn, io.now()) }),
      };
      if (flags.format === 'json') {
        io.out(`${JSON.stringify({ value: key.value, entry }, null, 2)}\n`);
        return;
      }
      io.out(`${key.value}\n`);
      io.err('This is the only time that the key is shown. Add its entry to the policy config:\n');
      io.out(`\nidentity:\n  keys:\n${indent(stringify([entry]))}`);
    });
}

function expiry(value: string, now: number): string {
  const [, days] = /^([1-9]\d{0,3})d$/.exec(value) ?? [];
  if (days === undefined) throw new CliError(`--expires-in: '${value}' is no number of days such as 90d.`, 2);
  return new Date(now + Number(days) * DAY_MS).toISOString();
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');
