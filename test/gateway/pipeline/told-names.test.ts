import { expect } from 'chai';
import { askedModel, toldModel } from '../../../gateway/pipeline/told-names.ts';

describe('names as records and errors tell them', () => {
  const models = [{ id: 'Our model, the large one', owned_by: 'us' }];
  const named = [
    ['gpt-4o-mini', 'gpt-4o-mini'],
    ['other', 'other'],
    ['Our model, the large one', 'Our model, the large one'],
  ] as const;
  const content = ['x'.repeat(100_000), 'please call 555-0161 for me'];

  it('are a model of the document, and what looks like a name', () => {
    for (const [name, told] of named) {
      expect(toldModel(name, { models })).to.equal(told);
      expect(askedModel(name, { models })).to.equal(`the model "${told}"`);
    }
  });

  it('stand for anything else, which an error does not call by a name that nobody gave it', () => {
    for (const name of content) {
      expect(toldModel(name, { models })).to.equal('other');
      expect(askedModel(name, { models })).to.equal('the model that was asked for');
    }
  });
});
