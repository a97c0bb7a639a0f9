import { expect } from 'chai';
import { type OperatorOptions, operatorOptions, operatorProgram } from '../../operator/options.ts';

function read(args: readonly string[], env: Record<string, string | undefined> = {}): OperatorOptions {
  const command = operatorProgram()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.parse(['node', 'operator', ...args]);
  return operatorOptions(command, env);
}

const cluster = (options: OperatorOptions) => ('cluster' in options.source ? options.source.cluster : null);

describe('options of the operator', () => {
  it('have the documented defaults and absolute paths', () => {
    const options = read(['-f', 'some/folder']);
    expect(options).to.include({ host: '127.0.0.1', apiPort: 8080, gatewayPort: 41002, maxGraceMs: 10_000 });
    expect(options).to.include({ databaseUrl: undefined, logLevel: 'info' });
    expect(options.source)
      .to.have.property('folder')
      .that.match(/^\/.*some\/folder$/);
    expect(options.stateDir).to.match(/^\/.*\.keeptrusts$/);
  });

  it('name the cluster of the kubeconfig, all namespaces and the lease unless told otherwise', () => {
    expect(cluster(read([]))).to.deep.equal({
      kubeconfig: null,
      context: null,
      namespaces: null,
      localGateways: false,
      gatewayImage: null,
      advertiseUrl: null,
      leaderElect: true,
      leaseNamespace: null,
    });
    const args = ['--kubeconfig', 'k', '--namespaces', 'a, b,a', '--local-gateways', '--no-leader-elect'];
    const told = cluster(read(args));
    expect(told).to.deep.include({ namespaces: ['a', 'b'], localGateways: true, leaderElect: false });
    expect(told!.kubeconfig).to.match(/^\/.*k$/);
    expect(cluster(read(['--advertise-url', 'http://kt.system:8080/']))!.advertiseUrl).to.equal(
      'http://kt.system:8080',
    );
  });

  it('take credentials from KT_SECRET_ variables and nothing else of the environment', () => {
    const env = { KT_SECRET_OPENAI_API_KEY: 'x', PATH: '/bin', KT_SECRETS: 'y', KT_SECRET_EMPTY: undefined };
    expect(read([], env).secretVariables).to.deep.equal({ KT_SECRET_OPENAI_API_KEY: 'x' });
  });

  it('take the store from DATABASE_URL, and never repeat it', () => {
    const url = 'postgresql://kt:secret@db/kt';
    expect(read([], { DATABASE_URL: url }).databaseUrl).to.equal(url);
    expect(read(['-f', 'x'], { DATABASE_URL: url }).databaseUrl).to.equal(url);
    expect(read([], { DATABASE_URL: '' }).databaseUrl).to.equal(undefined);
    expect(() => read([], { DATABASE_URL: 'mysql://kt:secret@db' }))
      .to.throw(/DATABASE_URL is no PostgreSQL address/)
      .and.to.have.property('message')
      .that.does.not.contain('secret');
  });

  for (const [args, message] of [
    [['-f', 'x', '--namespaces', 'a'], /--namespaces is for a cluster and -f for a folder/],
    [['-f', 'x', '--local-gateways'], /--local-gateways is for a cluster/],
    [['-f', 'x', '--no-leader-elect'], /--no-leader-elect is for a cluster/],
    [['--gateway-port', '4000'], /--gateway-port is for gateways on this machine: add --local-gateways/],
    [['--grace', '4'], /--grace is for gateways on this machine/],
    [['--local-gateways', '--gateway-image', 'x:1'], /--gateway-image is for pods/],
    [['--no-leader-elect', '--lease-namespace', 'a'], /--lease-namespace says where the lease is/],
    [['--namespaces', 'a,,b'], /'' cannot be the name of a namespace/],
    [['--namespaces', 'Team'], /'Team' cannot be the name of a namespace/],
    [['--api-port', '70000'], /It must be a port from 0 to 65534/],
    [['--advertise-url', 'kt:8080'], /--advertise-url is not an http or https address/],
  ] as const) {
    it(`refuse ${args.join(' ')}`, () => expect(() => read(args)).to.throw(message));
  }
});
