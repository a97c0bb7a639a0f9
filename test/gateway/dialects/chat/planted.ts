export interface Planted {
  /** Where, as the list of skipped strings would write it. */
  path: string;
  body: string;
}

/** The value with the canary in the place of one string or key, once for each of them. */
export function plant(
  value: unknown,
  canary: string,
  path = '',
  within = (json: string): string => json,
): Planted[] {
  if (typeof value === 'string') {
    const here = { path, body: within(JSON.stringify(canary)) };
    if (!path.endsWith('arguments')) return [here];
    const inner = plant(JSON.parse(value), canary, path, (json) => within(JSON.stringify(json)));
    return [here, ...inner];
  }
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, i) =>
      plant(item, canary, `${path}[]`, (json) =>
        within(`[${value.map((other, at) => (at === i ? json : JSON.stringify(other))).join(',')}]`),
      ),
    );
  }
  const entries = Object.entries(value);
  return entries.flatMap(([key, item], i) => {
    const write = (name: string, json: string): string => {
      const members = entries.map(([other, its], at) =>
        at === i ? `${JSON.stringify(name)}:${json}` : `${JSON.stringify(other)}:${JSON.stringify(its)}`,
      );
      return within(`{${members.join(',')}}`);
    };
    const under = path === '' ? key : `${path}.${key}`;
    const planted = plant(item, canary, under, (json) => write(key, json));
    // Keys that the API needs cannot be another.
    const required = path === '' && (key === 'model' || key === 'messages');
    return required
      ? planted
      : [...planted, { path: `${path}#key`, body: write(canary, JSON.stringify(item)) }];
  });
}
