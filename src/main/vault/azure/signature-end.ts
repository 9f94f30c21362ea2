/** When a shared access signature ends; null when it does not say. @param token without the question mark */
export const signatureEndMs = (token: string): number | null => {
  const end = new URLSearchParams(token).get('se');
  const ms = end === null ? Number.NaN : Date.parse(end);
  return Number.isNaN(ms) ? null : ms;
};
