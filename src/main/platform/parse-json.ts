/** The parsed text, or undefined when it is not JSON; no schema of a message accepts undefined. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
