import { expect } from 'chai';
import fc from 'fast-check';
import type { PlannedTarget } from '../../../gateway/config/plan.ts';
import { indexRoutes } from '../../../gateway/config/routes.ts';
import type { TargetModel } from '../../../gateway/contract/document.ts';

const planned = (
  id: string,
  models?: (string | TargetModel)[],
  unavailable: string | null = null,
): PlannedTarget => ({
  target: {
    id,
    provider: `vendor-of-${id}`,
    ...(models === undefined
      ? {}
      : { models: models.map((model) => (typeof model === 'string' ? { name: model } : model)) }),
  },
  unavailable,
});

describe('the route index', () => {
  const targets = [
    planned('open-first'),
    planned('a', [{ name: 'gpt', aliases: ['small', 'fast'] }, 'big']),
    planned('b', ['gpt', { name: 'huge', aliases: ['big'] }], 'no credential'),
    planned('open-last', []),
  ];
  const { routes, models } = indexRoutes(targets);
  const ids = (model: string): string[] =>
    routes(model).map(({ target, upstreamModel }) => `${target.target.id}:${upstreamModel}`);

  it('sends a listed name to the targets that list it, in document order', () => {
    expect(ids('gpt')).to.deep.equal(['a:gpt', 'b:gpt']);
    expect(ids('small')).to.deep.equal(['a:gpt']);
    expect(ids('big')).to.deep.equal(['a:big', 'b:huge']);
  });

  it('sends every other name to the targets without a list, in document order', () => {
    expect(ids('anything')).to.deep.equal(['open-first:anything', 'open-last:anything']);
    expect(ids('constructor')).to.deep.equal(['open-first:constructor', 'open-last:constructor']);
    expect(routes('anything')[0]!.model).to.equal(null);
  });

  it('knows no route where every target has a list or there is none', () => {
    expect(indexRoutes([planned('a', ['x'])]).routes('y')).to.deep.equal([]);
    expect(indexRoutes([]).routes('x')).to.deep.equal([]);
  });

  it('lists named models only, each once with its first owner', () => {
    expect(models).to.deep.equal([
      { id: 'gpt', owned_by: 'vendor-of-a' },
      { id: 'small', owned_by: 'vendor-of-a' },
      { id: 'fast', owned_by: 'vendor-of-a' },
      { id: 'big', owned_by: 'vendor-of-a' },
      { id: 'huge', owned_by: 'vendor-of-b' },
    ]);
  });

  it('gives the routes that a search through all targets gives', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const model = fc.record({ name, aliases: fc.uniqueArray(name, { maxLength: 2 }) });
    const list = fc.option(fc.uniqueArray(model, { maxLength: 3, selector: (one) => one.name }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(fc.array(list, { maxLength: 5 }), name, (lists, asked) => {
        const all = lists.map((list, index) => planned(`t${index}`, list));
        const names = (one: TargetModel): boolean => one.name === asked || one.aliases!.includes(asked);
        const listing = all.filter(({ target }) => target.models?.some(names));
        const open = all.filter(({ target }) => (target.models ?? []).length === 0);
        const expected = (listing.length > 0 ? listing : open).map(({ target }) => target.id);
        const found = indexRoutes(all)
          .routes(asked)
          .map(({ target }) => target.target.id);
        expect([...new Set(found)]).to.deep.equal(expected);
      }),
    );
  });
});
