import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findFetchingGo, findGo } from '../../../hack/api-server/go.ts';
import { cachedGo, fetchGo, GO_VERSION, goArchive } from '../../../hack/api-server/go-archive.ts';
import { writeScript } from '../../fakes/script.ts';

describe('Go', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kt-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe('looked for', () => {
    it('is the first command that can build the module, without the flags and workspaces of the person', () => {
      writeScript(join(folder, 'go'), 'echo "go1.99 $PWD $CGO_ENABLED [$GOFLAGS] $GOWORK"');
      const search = findGo(['/none/go', join(folder, 'go')], folder, { GOFLAGS: '-mod=vendor' });
      expect(search).to.have.nested.property('go.version', `go1.99 ${folder} 0 [] off`);
    });

    it('is none that is too old for the module, which `go env` alone does not mind', () => {
      const old = writeScript(
        join(folder, 'go'),
        '[ "$1" = env ] && echo go1.22.1 && exit; echo "too old" >&2; exit 1',
      );
      expect(findGo([old], folder, {})).to.deep.equal({ none: 'Go cannot build them: too old' });
    });

    it('is told missing, or what it said itself', () => {
      expect(findGo(['/none/go'], folder, {})).to.deep.equal({ none: 'Go is not installed' });
      const old = writeScript(
        join(folder, 'go'),
        'echo "go.mod requires go >= 1.26.0 (running go 1.22.1)" >&2; exit 1',
      );
      expect(findGo([old, '/none/go'], folder, {})).to.deep.equal({
        none: 'Go cannot build them: go.mod requires go >= 1.26.0 (running go 1.22.1)',
      });
    });

    it('is asked to fetch the version that we pin', () => {
      writeScript(join(folder, 'go'), 'echo "$GOTOOLCHAIN"');
      expect(findFetchingGo(folder, { PATH: folder, GOTOOLCHAIN: 'local' })).to.have.nested.property(
        'go.version',
        GO_VERSION,
      );
    });
  });

  describe('fetched', () => {
    let url: string;
    let sha256: string;
    const server = createServer((request, response) => {
      if (request.url === '/go.tar.gz') response.end(readFileSync(join(folder, 'go.tar.gz')));
      else response.writeHead(404).end();
    });

    before(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as { port: number }).port}/go.tar.gz`;
    });
    after(() => server.close());
    beforeEach(() => {
      writeScript(join(folder, 'go/bin/go'), 'echo go1.99');
      execFileSync('tar', ['-czf', 'go.tar.gz', 'go'], { cwd: folder });
      sha256 = createHash('sha256')
        .update(readFileSync(join(folder, 'go.tar.gz')))
        .digest('hex');
    });

    const inCache = (): string[] => readdirSync(join(folder, 'cache/go'));

    it('is unpacked whole into the cache, also by two at once', async () => {
      const cache = join(folder, 'cache');
      const both = await Promise.all([fetchGo(cache, { url, sha256 }), fetchGo(cache, { url, sha256 })]);
      expect(both).to.deep.equal([cachedGo(cache), cachedGo(cache)]);
      expect(execFileSync(cachedGo(cache), { encoding: 'utf8' })).to.equal('go1.99\n');
      expect(inCache()).to.deep.equal([GO_VERSION]);
    });

    it('is refused when it is not what it should be', async () => {
      const fault = await fetchGo(join(folder, 'cache'), { url, sha256: 'f'.repeat(64) }).then(
        () => null,
        String,
      );
      expect(fault).to.include(`its SHA-256 is ${sha256}, not ffff`);
      expect(inCache()).to.deep.equal([]);
    });

    it('says where it could not be had', async () => {
      const cache = join(folder, 'cache');
      const wrong = await fetchGo(cache, { url: `${url}.old`, sha256 }).then(() => null, String);
      expect(wrong).to.equal(`Error: ${url}.old cannot be downloaded: it answered 404`);
      const away = await fetchGo(cache, { url: 'http://127.0.0.1:1/go', sha256 }).then(() => null, String);
      expect(away).to.include('http://127.0.0.1:1/go cannot be downloaded: ');
      expect(existsSync(cachedGo(cache))).to.equal(false);
    });
  });

  it('is published for the machines that we pin, and for no other', () => {
    expect(goArchive('linux-x64').url).to.match(/\/go1\.\d+\.\d+\.linux-amd64\.tar\.gz$/);
    expect(goArchive('darwin-arm64').sha256).to.match(/^[0-9a-f]{64}$/);
    expect(() => goArchive('aix-ppc64')).to.throw('install Go yourself');
  });
});
