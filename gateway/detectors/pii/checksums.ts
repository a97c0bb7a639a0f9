/** Digits of a text, everything else left out. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}

/** The check of ISO/IEC 7812-1, Annex B ("Luhn"), over a string of digits. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
}

/**
 * A National Provider Identifier: ten digits that begin with 1 or 2 and pass the Luhn check behind the prefix 80840
 * (45 CFR 162.406; the prefix is that of ISO 7812 for health applications of the United States).
 */
export function isNpi(digits: string): boolean {
  return /^[12]\d{9}$/.test(digits) && luhn(`80840${digits}`);
}

/** Ranges of issuer numbers and the lengths that cards of them have. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:30[0-5]|309|3[689])/, [14, 16, 17, 18, 19]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^(?:1800|2131)/, [15]],
  [/^35/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5[67]|58|6)/, [12, 13, 14, 15, 16, 17, 18, 19]],
  [/^50/, [12, 13, 14, 15, 16, 17, 18, 19]],
];

/** A number of a payment card: of a known issuer range, of a length of that range, with a right check digit. */
export function isCardNumber(digits: string): boolean {
  return (
    ISSUERS.some(([range, lengths]) => lengths.includes(digits.length) && range.test(digits)) && luhn(digits)
  );
}
