/** A kind whose objects `kubectl get` lists. */
export type Kind = 'GovernanceGateway' | 'GovernancePolicy' | 'ProviderTarget';

/**
 * The rows of one kind of what `kubectl get governance -A` prints: cells without the age, names without their kind.
 */
export function table(printed: string, kind: Kind): string[][] {
  const block = printed.split('\n\n').find((part) => part.includes(`${kind.toLowerCase()}.governance`));
  const [header = '', ...lines] = (block ?? '').split('\n').filter((line) => line !== '');
  const starts = [...header.matchAll(/\S+/g)].map(({ index }) => index);
  return lines.map((line) =>
    starts.slice(0, -1).map((start, index) =>
      line
        .slice(start, starts[index + 1])
        .trim()
        .replace(/^.*\//, (path) => (index === 1 ? '' : path)),
    ),
  );
}
