/** Way to a value in a document: names of keys and positions in lists. */
export type DocPath = readonly (string | number)[];

const PLAIN = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/** As people read it: `providers.targets[0].secret_key_ref`; keys with other characters are quoted. */
export function formatPath(path: DocPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!PLAIN.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

const STEP = /\.?([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g;

/** Inverse of `formatPath`. */
export function parsePath(text: string): DocPath {
  return [...text.matchAll(STEP)].map(([, name, index, quoted]) =>
    name !== undefined ? name : index !== undefined ? Number(index) : String(JSON.parse(quoted!)),
  );
}

/** Steps of a JSON pointer. A number stands for a position where the value there is a list. */
export function pointerPath(pointer: string, root: unknown): DocPath {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((raw) => {
      const name = raw.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(value) ? Number(name) : name;
      value = (value as Record<string | number, unknown> | undefined)?.[step];
      return step;
    });
}

/** Remembers where a converted part of a document came from, so that problems name what the person wrote. */
export class PathMap {
  readonly #moves: { to: DocPath; from: DocPath }[] = [];

  /** What stands at `to` after the conversion stood at `from` before. A later word overrides an earlier. */
  move(to: DocPath, from: DocPath): void {
    this.#moves.push({ to, from });
  }

  /** The longest moved prefix decides; everything else stands where it stood. */
  original(path: DocPath): DocPath {
    let best: { to: DocPath; from: DocPath } | undefined;
    for (const move of this.#moves) {
      if (move.to.length < (best?.to.length ?? 0) || !isPrefix(move.to, path)) continue;
      best = move;
    }
    return best === undefined ? path : [...best.from, ...path.slice(best.to.length)];
  }
}

function isPrefix(prefix: DocPath, path: DocPath): boolean {
  return prefix.length <= path.length && prefix.every((step, index) => step === path[index]);
}
