import type { Finder } from './finder.ts';
import { fixedPattern } from './fixed-pattern.ts';

/** Markings of classified documents, as they stand in banners and portions. */
const GOVERNMENT = [
  '(?<![\\w-])(?:TOP SECRET|SECRET|CONFIDENTIAL)//[A-Z](?:[A-Z/ -]{0,40}[A-Z])?(?!\\w)',
  '(?<![\\w-])TOP SECRET(?!\\w)',
  '(?<![\\w(])\\((?:TS|S|C)(?://[A-Z]{1,8}){1,4}\\)',
  '(?i)(?<!\\w)classification ?[:=] ?(?:top secret|secret|confidential|restricted)(?!\\w)',
];

/** Markings that organisations put on what must not leave them. */
const COMPANY = [
  '(?<![\\w-])(?:STRICTLY |COMPANY |HIGHLY )?CONFIDENTIAL(?![\\w/])',
  '(?i)(?<!\\w)(?:strictly|highly|company|business) confidential(?!\\w)',
  '(?i)(?<!\\w)(?:for )?internal use only(?!\\w)',
];

/** Only at the highest level: words that also stand in harmless text. */
const RESTRICTED = [
  '(?i)(?<!\\w)(?:do not (?:distribute|forward|copy|share)|not for (?:distribution|release|disclosure))(?!\\w)',
  '(?i)(?<!\\w)(?:proprietary (?:and|&) confidential|attorney[- ]client privileged?|trade secret|need[- ]to[- ]know)(?!\\w)',
  '(?<![\\w-])(?:SECRET|RESTRICTED|PROPRIETARY|INTERNAL ONLY)(?![\\w/])',
];

export type SensitivityLevel = 'standard' | 'high' | 'restricted';

export const MARKING_PATTERNS: Readonly<Record<SensitivityLevel, readonly string[]>> = {
  standard: [],
  high: [...GOVERNMENT, ...COMPANY],
  restricted: [...GOVERNMENT, ...COMPANY, ...RESTRICTED],
};

/** Finders of the classification markings that a level of sensitivity looks for. */
export function markingFinders(level: SensitivityLevel): Finder[] {
  return MARKING_PATTERNS[level].map((source) => fixedPattern({ source }));
}
