import { Lexer } from 'yaml';

/** Brackets and braces within each other; a document of ours has a dozen. */
const MAX_FLOW_DEPTH = 64;
/** Pieces that the reader would have to look at; a document as large as a ConfigMap may be has half as many. */
const MAX_PIECES = 500_000;
/** Finding the anchor of an alias walks the document. */
export const MAX_ALIASES = 100;

export interface Excess {
  message: string;
  /** Where it shows, from 1. */
  line: number;
  column: number;
}

/** The lexer's mark that the next piece is the content of a text. */
const TEXT = '\x1f';

/**
 * What a YAML text has too much of to be read in good time, and where that shows; null where it has not. Cutting
 * the text into pieces takes a tenth of the time that the reader needs for the worst of them.
 */
export function yamlExcess(text: string): Excess | null {
  let offset = 0;
  let depth = 0;
  let pieces = 0;
  let aliases = 0;
  let content = false;
  for (const piece of new Lexer().lex(text)) {
    if (piece === TEXT) content = true;
    else {
      if (!content) {
        if (piece === '[' || piece === '{') depth += 1;
        else if (piece === ']' || piece === '}') depth = Math.max(0, depth - 1);
        else if (piece.startsWith('*')) aliases += 1;
      }
      content = false;
      // Marks have a length and stand for nothing in the text.
      if (!isMark(piece)) offset += piece.length;
    }
    pieces += 1;
    if (depth > MAX_FLOW_DEPTH) {
      return excess(text, offset, `brackets nested over ${MAX_FLOW_DEPTH} levels deep`);
    }
    if (aliases > MAX_ALIASES) return excess(text, offset, `over ${MAX_ALIASES} aliases`);
    if (pieces > MAX_PIECES) return excess(text, offset, `over ${MAX_PIECES} texts, signs and spaces`);
  }
  return null;
}

/** @param end of the piece that was one too many */
function excess(text: string, end: number, message: string): Excess {
  const before = text.slice(0, end);
  return {
    message,
    line: before.split('\n').length,
    column: Math.max(1, end - before.lastIndexOf('\n') - 1),
  };
}

/** Beginning and end of a document, and of a value in brackets. */
function isMark(piece: string): boolean {
  return piece === '\x02' || piece === '\x18' || piece === TEXT;
}
