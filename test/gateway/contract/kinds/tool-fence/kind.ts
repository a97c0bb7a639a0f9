import type { Phase, TextFinding } from '../../../../../gateway/policies/kind.ts';
import type { AnyPolicyKind } from '../../../../../gateway/policies/registry.ts';

/** Judges whole calls of tools: which tool, whether its arguments are JSON, and what stands in them. */
export const kind: AnyPolicyKind = {
  name: 'tool-fence',
  version: '1',
  needs: [],
  streaming: 'none',
  compile(settings) {
    const denied = new Set(settings['denied'] as string[]);
    const hidden = settings['hidden'] as string[];
    const { strict, fails_on, escalated } = settings;
    return {
      inspectToolCall: {
        phases: settings['phases'] as Phase[],
        inspect({ name, arguments: text, json }) {
          if (fails_on !== undefined && text.includes(String(fails_on))) throw new TypeError('cannot judge');
          if (denied.has(name)) {
            return {
              action: 'block',
              reason: 'tool_fence.denied',
              message: `The tool ${name} is not allowed.`,
            };
          }
          if (name === escalated) return { action: 'escalate', reason: 'tool_fence.asks', message: '' };
          if (strict === true && json === null) {
            return { action: 'block', reason: 'tool_fence.no_json', message: 'Its arguments are no JSON.' };
          }
          const findings = hidden.flatMap((word): TextFinding[] => {
            const found: TextFinding[] = [];
            for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
              found.push({ type: 'hidden', start: at, end: at + word.length, replacement: '[HIDDEN]' });
            }
            return found;
          });
          return findings.length === 0 ? null : { action: 'redact', findings };
        },
      },
    };
  },
};
