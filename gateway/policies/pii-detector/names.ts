/** Types that are always looked for, those that a mode adds, and all of them. */
export const BASE_TYPES = ['ssn', 'credit_card', 'phone', 'email', 'ip_address'] as const;
export const PCI_TYPES = ['cvv', 'cardholder_name'] as const;
export const HEALTHCARE_TYPES = ['mrn', 'insurance_id', 'npi'] as const;

type BuiltInType =
  | (typeof BASE_TYPES)[number]
  | (typeof PCI_TYPES)[number]
  | (typeof HEALTHCARE_TYPES)[number];

const ALL: ReadonlySet<string> = new Set([...BASE_TYPES, ...PCI_TYPES, ...HEALTHCARE_TYPES]);

/** Whether an item of `detect_patterns` names a built-in type rather than being a regular expression. */
export function isBuiltInType(name: string): name is BuiltInType {
  return ALL.has(name);
}
