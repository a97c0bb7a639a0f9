import { expect } from 'chai';
import { duration, Progress } from '../../../hack/api-server/progress.ts';

describe('progress of a build', () => {
  it('tells the time, what was counted, and where it is', () => {
    const progress = new Progress('etcd', 1_000);
    expect(progress.line(1_000)).to.equal('  etcd: 0 s, 0 packages compiled');
    progress.read('go: downloading go.etcd.io/raft/v3 v3.6.0');
    progress.read('go: downloading sigs.k8s.io/structured-merge-diff/v6 v6.3.3');
    expect(progress.line(16_400)).to.equal(
      '  etcd: 15 s, 2 modules downloaded, 0 packages compiled, at sigs.k8s.io/structured-merge-diff/v6 v6.3.3',
    );
    progress.read('internal/goarch');
    progress.read('gopkg.in/yaml.v3');
    expect(progress.line(126_000)).to.equal(
      '  etcd: 2 min 5 s, 2 modules downloaded, 2 packages compiled, at gopkg.in/yaml.v3',
    );
    expect(progress.end(126_000)).to.equal('  etcd: built in 2 min 5 s');
  });

  it('tells what the compiler said, and only the end of it', () => {
    const progress = new Progress('kubectl', 0);
    progress.read('k8s.io/kubectl/pkg/cmd');
    progress.read('# k8s.io/kubectl/pkg/cmd');
    for (let line = 0; line < 30; line += 1) progress.read(`cmd.go:${line}:1: undefined: x`);
    const message = progress.failure(1);
    expect(message).to.match(/^kubectl could not be built \(go ended with 1\):\n/);
    expect(message.split('\n')).to.have.length(21);
    expect(message).to.include('cmd.go:29:1: undefined: x').and.to.not.include('cmd.go:9:1');
    expect(message).to.not.include('GOPROXY');
  });

  for (const said of [
    'go: module lookup: dial tcp: lookup proxy.example on 127.0.0.1:53: no such host',
    'reading https://proxy.example/k8s.io/api/@v/v0.36.3.zip: 404 Not Found',
    'Get "https://proxy.example/x": net/http: TLS handshake timeout',
  ])
    it(`says what to do when modules cannot be downloaded: ${said.slice(0, 40)}…`, () => {
      const progress = new Progress('etcd', 0);
      progress.read(said);
      expect(progress.failure(1)).to.include(said).and.to.include('set GOPROXY to a proxy');
    });

  it('counts minutes from 60 s on', () => {
    expect([499, 59_499, 59_500, 3_600_000].map(duration)).to.deep.equal([
      '0 s',
      '59 s',
      '1 min 0 s',
      '60 min 0 s',
    ]);
  });
});
