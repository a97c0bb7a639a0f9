/** A vendor says that the account has no money or quota left: waiting does not help. */
export function isQuotaExhausted(status: number, body: string): boolean {
  if (status === 402) return true;
  return (
    status === 429 && /"(?:insufficient_quota|billing_hard_limit_reached|billing_not_active)"/.test(body)
  );
}
