import { Command, Option } from 'commander';
import { CONTRACT_VERSION } from '../../gateway/contract/document.ts';
import type { Io } from '../io.ts';
import manifest from '../package.json' with { type: 'json' };

export function versionCommand(io: Io): Command {
  return new Command('version')
    .description('Print the versions of kt, its Node and the policy-config contract')
    .addOption(new Option('--format <format>', 'output form').choices(['table', 'json']).default('table'))
    .action((options: { format: 'table' | 'json' }) => {
      const versions = { kt: manifest.version, node: process.versions.node, contract: CONTRACT_VERSION };
      if (options.format === 'json') io.out(`${JSON.stringify(versions)}\n`);
      else io.out(`kt ${versions.kt} (Node ${versions.node}, policy-config contract ${versions.contract})\n`);
    });
}
