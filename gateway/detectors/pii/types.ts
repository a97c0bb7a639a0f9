import type { Finder } from '../finder.ts';
import { type FixedPattern, fixedPattern } from '../fixed-pattern.ts';
import { EMAIL, IP_ADDRESS } from './addresses.ts';
import { CARDHOLDER_NAME, CVV, INSURANCE_ID, MRN } from './named.ts';
import { CREDIT_CARD, NPI, PHONE, SSN } from './numbers.ts';

/** Every type of personal data that is built in, with the patterns that find it. */
export const PII_PATTERNS = {
  ssn: SSN,
  credit_card: CREDIT_CARD,
  phone: PHONE,
  email: [EMAIL],
  ip_address: IP_ADDRESS,
  cvv: [CVV],
  cardholder_name: [CARDHOLDER_NAME],
  mrn: [MRN],
  insurance_id: INSURANCE_ID,
  npi: [NPI],
} as const satisfies Record<string, readonly FixedPattern[]>;

export type PiiType = keyof typeof PII_PATTERNS;

/** The finders of one type. */
export function piiFinders(type: PiiType): Finder[] {
  return PII_PATTERNS[type].map(fixedPattern);
}
