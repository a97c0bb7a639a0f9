/** The five kinds, all enforcing, as sections of a document. */
export const ALL_KINDS = {
  chain: ['data-routing-policy', 'pii-detector', 'dlp-filter', 'response-rewriter', 'audit-logger'],
  policy: {
    'data-routing-policy': { require_zero_data_retention: true, require_no_training: true },
    'pii-detector': { action: 'redact', healthcare_mode: true },
    'dlp-filter': {
      blocked_terms: ['Project Falcon'],
      detect_patterns: ['AKIA[0-9A-Z]{16}'],
      fuzzy_matching: true,
      action: 'block',
    },
    'response-rewriter': {
      rules: [{ name: 'spelling', pattern: '\\bKeep Trusts\\b', replacement: 'Keeptrusts' }],
    },
    'audit-logger': { retention_days: 7 },
  },
} as const;
