import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';
import { page, table } from './markdown.ts';
import { notice, type Output } from './output.ts';

/** `docs/reference/cli.md`: every command of `kt` with its flags, from the program itself. */
export function cliPage(): Output {
  const program = createProgram({
    out: () => {},
    err: () => {},
    env: {},
    now: () => 0,
    isTerminal: false,
    onEnd: () => {},
    stop: new AbortController().signal,
    exit: () => {},
  });
  return {
    path: 'docs/reference/cli.md',
    text: page('The command line', notice('`cli/commands`'), [
      'The API is found by `--api-url`, then `KEEPTRUSTS_API_URL`, then the state folder of a running `kt up` or `kt gateway run`; its token likewise. ' +
        'Where `--kubeconfig`, `--context` or `--as-service-account` names a cluster, it is the one of that cluster, or of `--api-url`; the environment is not asked.',
      'Exit codes: 0 done, 1 failed (the reason is one line on standard error), 2 wrong command line or an invalid document. `kt events verify` has its own, below.',
      ...leaves(program, 'kt').flatMap(([name, command]) => section(name, command)),
    ]),
  };
}

function leaves(command: Command, name: string): [string, Command][] {
  if (command.commands.length === 0) return [[name, command]];
  return command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`));
}

function section(name: string, command: Command): string[] {
  const rows = command.options.map((option) => [
    `\`${option.flags}\``,
    option.argChoices === undefined
      ? option.description
      : `${option.description}: ${option.argChoices.join(', ')}`,
    option.defaultValue === undefined ? '' : `\`${String(option.defaultValue)}\``,
    option.envVar === undefined ? '' : `\`${option.envVar}\``,
  ]);
  const options = rows.length === 0 ? [] : [table(['option', 'meaning', 'default', 'environment'], rows)];
  return [`## \`${name}\``, `${command.description()}.`, ...options, ...codes(name)];
}

const codes = (name: string): string[] =>
  name === 'kt events verify'
    ? [
        'Exit codes: 0 verified, 1 tampered, 2 incomplete, 3 fits together but is not anchored outside, 4 unreadable.',
      ]
    : [];
