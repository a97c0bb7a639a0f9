import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, firstLine, freePort, type Running, root, start } from './processes.ts';

export interface Subject {
  name: string;
  start(surroundings: { upstream: string; folder: string }): Promise<Running & { origin: string }>;
}

const fiveKinds = `
  chain: [data-routing-policy, pii-detector, dlp-filter, response-rewriter, audit-logger]
policy:
  data-routing-policy: { require_zero_data_retention: true, on_no_compliant_provider: block }
  pii-detector: { action: redact }
  dlp-filter: { blocked_terms: [Project Falcon, Project Osprey], detect_patterns: ['AKIA[0-9A-Z]{16}'], action: block }
  response-rewriter: { rules: [{ name: house-style, pattern: 'colour me surprised', replacement: 'noted' }] }
  audit-logger: { retention_days: 7 }`;

const document = (upstream: string, policies: string, rest = ''): string => `
pack: { name: bench, version: 1.0.0, enabled: true }
providers:
  targets:
    - id: pinned
      provider: openai
      base_url: ${upstream}/v1
      secret_key_ref: { env: BENCH_KEY }
      data_policy: { zero_data_retention: true }
      models: [{ name: gpt-4o-mini, prices: { input: "0.15", output: "0.60" } }]
policies:${policies}
identity: { anonymous: true }
${rest}`;

/** The flags of Node that the gateway of a source tree is run with. */
function nodeFlags(tree: string): string[] {
  return JSON.parse(readFileSync(join(tree, 'gateway/package.json'), 'utf8')).config.nodeFlags;
}

function gateway(name: string, policies: string, { shipped = false, tree = root } = {}): Subject {
  return {
    name,
    async start({ upstream, folder }) {
      const [port, adminPort, sinkPort] = [await freePort(), await freePort(), await freePort()];
      const own = mkdtempSync(join(folder, 'gateway-'));
      const config = join(own, 'policy-config.yaml');
      const sink = shipped ? await start('hack/bench/sink.ts', [String(sinkPort)], 1, firstLine) : null;
      writeFileSync(
        config,
        document(
          upstream,
          policies,
          sink === null ? '' : `control_plane: { url: 'http://127.0.0.1:${sinkPort}' }`,
        ),
      );
      process.env['BENCH_KEY'] = 'not-a-key';
      const running = await start(
        'gateway/main.ts',
        [
          '--config',
          config,
          '--port',
          String(port),
          '--admin-port',
          String(adminPort),
          '--state-dir',
          join(own, 'state'),
        ],
        0,
        () => answers(`http://127.0.0.1:${adminPort}/readyz`),
        { flags: nodeFlags(tree), tree },
      );
      return {
        pid: running.pid,
        origin: `http://127.0.0.1:${port}`,
        async stop() {
          await running.stop();
          await sink?.stop();
        },
      };
    },
  };
}

const bare: Subject = {
  name: 'bare proxy',
  async start({ upstream }) {
    const port = await freePort();
    const running = await start('hack/bench/bare-proxy.ts', [String(port), upstream], 0, firstLine);
    return { ...running, origin: `http://127.0.0.1:${port}` };
  },
};

/** From nothing to everything; the first is the baseline. */
export const subjects: readonly Subject[] = [
  bare,
  gateway('gateway, no entries', ' { chain: [] }'),
  gateway('gateway, five kinds', fiveKinds),
  gateway('gateway, five kinds, events shipped', fiveKinds, { shipped: true }),
];

/** The gateways of other source trees beside that of this one. */
export function versions(trees: readonly string[]): readonly Subject[] {
  return [bare, ...trees.map((tree) => gateway(tree, fiveKinds, { tree })), gateway('this tree', fiveKinds)];
}
