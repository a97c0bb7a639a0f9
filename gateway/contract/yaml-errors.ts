import type { YAMLError } from 'yaml';

/**
 * What a fault of syntax says to a person. The library's own messages quote the text, which may hold a secret by
 * mistake.
 */
export function syntaxMessage(code: YAMLError['code']): string {
  return MESSAGES[code] ?? 'the syntax is not valid here';
}

const MESSAGES: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  ALIAS_PROPS: 'an alias can have neither a tag nor an anchor',
  BAD_ALIAS: 'an alias names an anchor that does not stand before it',
  BAD_DIRECTIVE: 'a `%` directive is not valid here',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins an unknown escape; use single quotes for patterns',
  BAD_INDENT: 'the indentation does not fit what is around it, or a bracket is not closed',
  BAD_PROP_ORDER: 'a tag or an anchor stands in the wrong place',
  BAD_SCALAR_START: 'a text cannot begin with this character without quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a nested map needs a line of its own, or a value with `: ` needs quotes',
  BLOCK_IN_FLOW: 'a block cannot stand within brackets or braces',
  KEY_OVER_1024_CHARS: 'a key has over 1024 characters',
  MISSING_CHAR: 'something is missing here: a colon, a comma, a quote or a closing bracket',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; perhaps a colon is missing',
  MULTIPLE_ANCHORS: 'a value can have one anchor only',
  MULTIPLE_DOCS: 'the file holds more than one document',
  MULTIPLE_TAGS: 'a value can have one tag only',
  RESOURCE_EXHAUSTION: 'the document is nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags such as `!name` are not used in this document',
  UNEXPECTED_TOKEN:
    'something stands here that cannot stand here; perhaps a quote or an indentation is missing',
};
