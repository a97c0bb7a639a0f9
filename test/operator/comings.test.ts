import { expect } from 'chai';
import { Comings } from '../../operator/comings.ts';
import { LocalCache } from '../../operator/local/object-cache.ts';
import { cached } from '../fakes/cached.ts';

describe('comings and goings of gateways', () => {
  let cache: LocalCache;
  let lines: string[];
  let address: string | null;
  let comings: Comings;
  beforeEach(() => {
    cache = new LocalCache();
    lines = [];
    address = 'http://127.0.0.1:41002';
    comings = new Comings({ cache, address: () => address, report: (line) => lines.push(line) });
    cache.put(cached('GovernancePolicy', 'p'));
    cache.put(cached('ProviderTarget', 't'));
    cache.put(deployment(1, 1));
  });
  const deployment = (replicas: number, readyReplicas: number, name = 'keeptrusts-default') =>
    cached('Deployment', name, { status: { replicas, readyReplicas } });
  const gone = (kind: string, name: string): void => cache.remove({ kind, namespace: 'team-a', name });

  it('say nothing of a gateway that comes for the first time, or goes on', () => {
    cache.put(deployment(1, 0));
    cache.put(deployment(1, 1));
    expect(lines).to.deep.equal([]);
  });

  it('say of a new one where it is, once people have been told what there was', () => {
    cache.put(deployment(1, 0, 'keeptrusts-late'));
    comings.tellNew();
    cache.put(deployment(1, 1));
    cache.put(deployment(1, 1, 'keeptrusts-late'));
    cache.put(deployment(1, 0, 'keeptrusts-late'));
    cache.put(deployment(1, 1, 'keeptrusts-late'));
    expect(lines).to.deep.equal(['gateway team-a/late is ready at http://127.0.0.1:41002']);
    gone('Deployment', 'keeptrusts-late');
    cache.put(deployment(1, 1, 'keeptrusts-late'));
    expect(lines.slice(2)).to.deep.equal(['gateway team-a/late is ready again at http://127.0.0.1:41002']);
  });

  it('say why one stopped, and where it is once it is ready again', () => {
    gone('ProviderTarget', 't');
    gone('Deployment', 'keeptrusts-default');
    expect(lines).to.deep.equal(['gateway team-a/default stopped: it has no target']);
    cache.put(cached('ProviderTarget', 't'));
    cache.put(deployment(0, 0));
    cache.put(deployment(2, 1));
    expect(lines).to.have.length(1);
    cache.put(deployment(2, 2));
    cache.put(deployment(2, 2));
    expect(lines.slice(1)).to.deep.equal(['gateway team-a/default is ready again at http://127.0.0.1:41002']);
  });

  it('say it once where its Deployment is made and removed again before it serves', () => {
    gone('ProviderTarget', 't');
    gone('Deployment', 'keeptrusts-default');
    cache.put(deployment(1, 0));
    gone('Deployment', 'keeptrusts-default');
    expect(lines).to.deep.equal(['gateway team-a/default stopped: it has no target']);
  });

  it('say that it is ready again where it has no address yet', () => {
    gone('GovernancePolicy', 'p');
    gone('Deployment', 'keeptrusts-default');
    expect(lines).to.deep.equal(['gateway team-a/default stopped: it has no policy']);
    address = null;
    cache.put(deployment(1, 1));
    expect(lines[1]).to.equal('gateway team-a/default is ready again at its address');
  });

  it('say that a declared one took its place', () => {
    cache.put(cached('GovernanceGateway', 'edge'));
    gone('Deployment', 'keeptrusts-default');
    expect(lines).to.deep.equal(['gateway team-a/default stopped: it is no longer declared']);
  });

  it('say that somebody deleted what is still wanted, as it is made again', () => {
    gone('Deployment', 'keeptrusts-default');
    expect(lines).to.deep.equal([]);
    cache.put(deployment(0, 0));
    expect(lines).to.deep.equal([
      'gateway team-a/default stopped: somebody deleted its Deployment, which is made again',
    ]);
    cache.put(deployment(1, 1));
    expect(lines.slice(1)).to.deep.equal(['gateway team-a/default is ready again at http://127.0.0.1:41002']);
  });

  it('blame nobody where the objects of a namespace go one after the other, in whatever order', () => {
    gone('Deployment', 'keeptrusts-default');
    gone('ConfigMap', 'keeptrusts-default');
    expect(lines).to.deep.equal([]);
    gone('ProviderTarget', 't');
    gone('GovernancePolicy', 'p');
    expect(lines).to.deep.equal(['gateway team-a/default stopped: it has no target']);
  });

  it('blame nobody where a declared gateway goes after its Deployment', () => {
    cache.put(cached('GovernanceGateway', 'edge'));
    gone('Deployment', 'keeptrusts-default');
    cache.put(deployment(1, 1, 'keeptrusts-edge'));
    gone('Deployment', 'keeptrusts-edge');
    gone('GovernanceGateway', 'edge');
    expect(lines.slice(1)).to.deep.equal(['gateway team-a/edge stopped: it is no longer declared']);
  });

  it('say nothing of Deployments that are no gateways, nor of other kinds', () => {
    cache.put(deployment(1, 1, 'other'));
    gone('Deployment', 'other');
    cache.put(cached('ConfigMap', 'keeptrusts-default'));
    gone('ConfigMap', 'keeptrusts-default');
    expect(lines).to.deep.equal([]);
  });
});
