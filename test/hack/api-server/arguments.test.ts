import { expect } from 'chai';
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
} from '../../../hack/api-server/arguments.ts';
import { kubeconfig } from '../../../hack/api-server/kubeconfig.ts';

const layout = { folder: '/run/one', etcdPort: 1001, etcdPeerPort: 1002, apiPort: 1003 };

describe('arguments of the servers', () => {
  const all = [etcdArguments(layout), apiServerArguments(layout), controllerManagerArguments(layout)].flat();

  it('listen on the loopback interface alone', () => {
    const addresses = all.join(' ').match(/\d+\.\d+\.\d+\.\d+(?=:|\s|$)/g);
    expect(new Set(addresses)).to.deep.equal(new Set(['127.0.0.1']));
    expect(etcdArguments(layout)).to.include('--listen-peer-urls=http://127.0.0.1:1002');
    expect(apiServerArguments(layout)).to.include.members([
      '--bind-address=127.0.0.1',
      '--secure-port=1003',
      '--etcd-servers=http://127.0.0.1:1001',
    ]);
  });

  it('keep every file in the folder of the run', () => {
    const paths = all.map((arg) => arg.split('=')[1] ?? '').filter((value) => value.startsWith('/'));
    expect(paths.length).to.be.greaterThan(6);
    expect(paths.filter((path) => !path.startsWith('/run/one/'))).to.deep.equal([]);
  });

  it('run no controller that would act on our Deployments', () => {
    const [controllers] = controllerManagerArguments(layout).filter((arg) =>
      arg.startsWith('--controllers='),
    );
    expect(controllers)
      .to.not.include('*')
      .and.to.not.match(/deployment|replicaset/);
  });
});

describe('the kubeconfig', () => {
  it('names no other file and holds the authority and the token', () => {
    const config = JSON.parse(
      kubeconfig({ server: 'https://127.0.0.1:1', authority: 'PEM', user: { token: 'secret' } }),
    );
    expect(config['current-context']).to.equal(config.contexts[0].name);
    expect(config.clusters[0].cluster).to.deep.equal({
      server: 'https://127.0.0.1:1',
      'certificate-authority-data': Buffer.from('PEM').toString('base64'),
    });
    expect(config.users[0].user).to.deep.equal({ token: 'secret' });
  });
});
