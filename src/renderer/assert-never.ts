/** Tells the compiler that every case was dealt with. */
export const assertNever = (value: never): never => {
  throw new Error(`Not foreseen: ${JSON.stringify(value)}`);
};
