import { built } from '../gateway/policies/built.ts';
import { TestGateway } from './gateway.ts';
import { completion, FakeUpstream, json } from './upstream.ts';

/** Around the tests of a `describe`: a gateway that scans for patterns and terms, before an upstream that always answers. */
export function useScanningGateway(): () => TestGateway {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('fine')));
    gateway = await TestGateway.start({
      targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }],
      entries: [
        built('pii-detector', {}),
        built('dlp-filter', { blocked_terms: ['Project Falcon'], fuzzy_matching: true }),
      ],
    });
  });
  after(async () => {
    await gateway.close();
    await upstream.close();
  });
  return () => gateway;
}
