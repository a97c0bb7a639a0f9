import { Command, Option } from 'commander';
import { CONTRACT_VERSION } from '../../gateway/contract/document.ts';
import type { Io } from '../io.ts';
import manifest from '../package.json' with { type: 'json' };

/** One line for people. */
export const VERSION_LINE = `kt ${manifest.version} (Node ${process.versions.node}, policy-config contract ${CONTRACT_VERSION})`;

export function versionCommand(io: Io): Command {
  return new Command('version')
    .description('Print the versions of kt, its Node and the policy-config contract')
    .addOption(new Option('--format <format>', 'output form').choices(['table', 'json']).default('table'))
    .action((options: { format: 'table' | 'json' }) => {
      const versions = { kt: manifest.version, node: process.versions.node, contract: CONTRACT_VERSION };
      io.out(`${options.format === 'json' ? JSON.stringify(versions) : VERSION_LINE}\n`);
    });
}
