/**
 * Why `text` cannot be the address of an HTTP API below which paths are called, in words that follow the name of its
 * option; null where it can. They do not quote the text, nor may who reports them: it may hold a credential.
 */
export function baseUrlFault(text: string): string | null {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return 'is not an http or https address';
  if (text.includes('@')) return 'holds a user name or a password';
  return /[?#]/.test(text) ? 'holds a query or a fragment' : null;
}
