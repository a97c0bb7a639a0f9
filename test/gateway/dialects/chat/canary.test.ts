import { expect } from 'chai';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import { plant } from './planted.ts';
import { fullRequest } from './sdk-request.ts';

describe('canary', () => {
  for (const canary of ['canary-4711', 'a canary 4711, with "text" @ é']) {
    it(`\`${canary}\` is scanned or listed in every string and key of a request`, () => {
      const planted = plant(fullRequest, canary);
      expect(planted.length).to.be.greaterThan(150);
      for (const { path, body } of planted) {
        const parsed = chat.readRequest(Buffer.from(body));
        const leaf = parsed.leaves.find(({ text }) => text.includes(canary));
        if (leaf === undefined) {
          const skip = parsed.skipped.find((skipped) => skipped.path === path);
          expect(skip, `${path} is neither scanned nor listed`).not.to.equal(undefined);
          expect(skip!.bytes).to.be.at.least(Buffer.byteLength(canary));
          continue;
        }
        const masked = parsed.withEdits([{ ref: leaf.ref, text: 'MASKED' }], {}).body.toString();
        expect(masked, path).not.to.include('4711');
        expect(() => JSON.parse(masked), path).not.to.throw();
      }
    });
  }

  it('with text in it is skipped nowhere, not even where media and the model stand', () => {
    const skipped = plant(fullRequest, 'a canary 4711').filter(({ body }) => {
      const parsed = chat.readRequest(Buffer.from(body));
      return !parsed.leaves.some(({ text }) => text.includes('4711'));
    });
    expect(skipped.map(({ path }) => path)).to.deep.equal([]);
  });
});
