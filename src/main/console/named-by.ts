interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * What a person may mean by `key`: what has it as its id; else what is called exactly so; else what is called so but
 * for case. Pure. Several where a name is not unique.
 */
export const namedBy = <T>(
  key: string,
  things: readonly T[],
  labelsOf: (thing: T) => Named,
): readonly T[] => {
  const byId = things.filter((thing) => labelsOf(thing).id === key);
  if (byId.length > 0) return byId;
  const exact = things.filter((thing) => labelsOf(thing).name === key);
  if (exact.length > 0) return exact;
  const wanted = key.toLowerCase();
  return things.filter((thing) => labelsOf(thing).name.toLowerCase() === wanted);
};
