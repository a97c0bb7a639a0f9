/**
 * JSON for a terminal or a pipe. `JSON.stringify` leaves DEL, the C1 controls and the marks that turn the direction of text
 * as they are, and a terminal obeys some of them; a header of a hostile caller may hold them.
 */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
