import type { FixedPattern } from '../fixed-pattern.ts';

/**
 * Identifiers without a form of their own: the words before them say what they are. Only the value is the finding.
 * `behind` is a cheaper form of the words, which is looked for first.
 */
function named(words: string, value: string, behind: RegExp, flags = '(?i)'): FixedPattern {
  return {
    source: `${flags}(?<=(?<!\\w)(?:${words})["']?\\s{0,3}(?:is|was|:|=|#|-)?\\s{0,3}["']?)${value}`,
    behind,
  };
}

export const CVV = named(
  'cvv2?|cvc2?|cvn|csc|cid|security code|card verification (?:value|code|number)|card code',
  '\\d{3,4}(?!\\d)',
  /cv[vcn]|csc|cid|code|verification/i,
);

/** The words in any case, the name with capitals: otherwise whatever follows would be a name. */
export const CARDHOLDER_NAME = named(
  "[Cc](?:ard|ARD) ?[Hh](?:older|OLDER)(?:['’][Ss])?(?:[ _]?[Nn](?:ame|AME))?|[Nn](?:ame|AME) (?:on|ON) (?:(?:the|THE) )?[Cc](?:ard|ARD)",
  "[A-Z][A-Za-z'’.-]{1,30}(?: [A-Z][A-Za-z'’.-]{0,30}){1,3}",
  /card/i,
  '',
);

export const MRN = named(
  'mrn|medical record(?: (?:number|no\\.?|id|#))?|patient (?:id|number|no\\.?)',
  '[a-z]{0,4}-?\\d[\\d-]{3,13}\\d(?!\\d)',
  /mrn|medical|patient/i,
);

/** Insurance and member ids, and Medicare's identifiers, which have a form (CMS, Understanding the MBI, 2017). */
export const INSURANCE_ID: readonly FixedPattern[] = [
  named(
    '(?:insurance|member|subscriber|policy|group|medicaid|medicare|health ?plan|beneficiary)[ _-]?(?:id|number|no\\.?|#|identifier)',
    '(?=[a-z-]{0,6}\\d)[a-z0-9][a-z0-9-]{4,18}[a-z0-9](?![a-z0-9])',
    /insurance|member|subscriber|policy|group|medica|plan|beneficiary/i,
  ),
  {
    source:
      '(?<![\\w-])[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d-?[AC-HJKMNP-RT-Y]{2}\\d\\d(?![\\w-])',
  },
];
